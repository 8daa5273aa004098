# Parametric families: survreg where it has them, else the likelihood written out and optim.
# Parameters are for times as the rows have them. Bounds are exp(-H exp(+-z se(ln H))), the delta
# method on the covariance of survreg (log scale) or on the hessian of the likelihood.
source("answers.R")

z <- qnorm(0.975)

# ln H of a family at a time, from the parameters that its likelihood works with.
log_hazard <- list(
  exponential = function(p, t) log(t) - p[1],
  weibull = function(p, t) (log(t) - p[1]) / exp(p[2]),
  log_normal = function(p, t) log(-pnorm((log(t) - p[1]) / exp(p[2]), lower.tail = FALSE, log.p = TRUE)),
  log_logistic = function(p, t) log(-plogis((log(t) - p[1]) / exp(p[2]), lower.tail = FALSE, log.p = TRUE)),
  # Prentice 1974, q > 0: exp(q w) / q^2 is gamma distributed with shape 1 / q^2.
  generalised_gamma = function(p, t) {
    q <- p[3]
    u <- exp(q * (log(t) - p[1]) / exp(p[2])) / q^2
    log(-pgamma(u, 1 / q^2, lower.tail = q < 0, log.p = TRUE))
  }
)

# Royston and Parmar 2002: ln H as a natural cubic spline of ln t, and its derivative.
spline_basis <- function(x, knots, power = 3) {
  inner <- knots[-c(1, length(knots))]
  ends <- range(knots)
  cube <- function(k) if (power == 3) pmax(x - k, 0)^3 else 3 * pmax(x - k, 0)^2
  rbind(sapply(inner, function(k) {
    share <- (ends[2] - k) / diff(ends)
    cube(k) - share * cube(ends[1]) - (1 - share) * cube(ends[2])
  }))
}
spline_of <- function(knots) function(p, t) p[1] + p[2] * log(t) + c(spline_basis(log(t), knots) %*% p[-(1:2)])
spline_slope <- function(knots) function(p, t) p[2] + c(spline_basis(log(t), knots, 2) %*% p[-(1:2)])

# d ln H / d ln t = t f / (S H), from the densities.
slope <- list(
  exponential = function(p, t) rep(1, length(t)),
  weibull = function(p, t) rep(exp(-p[2]), length(t)),
  log_normal = function(p, t) {
    w <- (log(t) - p[1]) / exp(p[2])
    log_survival <- pnorm(w, lower.tail = FALSE, log.p = TRUE)
    exp(dnorm(w, log = TRUE) - p[2] - log_survival) / -log_survival
  },
  generalised_gamma = function(p, t) {
    q <- p[3]
    u <- exp(q * (log(t) - p[1]) / exp(p[2])) / q^2
    log_survival <- pgamma(u, 1 / q^2, lower.tail = q < 0, log.p = TRUE)
    exp(dgamma(u, 1 / q^2, log = TRUE) + log(u * abs(q)) - p[2] - log_survival) / -log_survival
  }
)

# ln f or ln S of each row; H before the entry is taken off, as nobody was watched there.
log_likelihood <- function(p, of, bends, rows) {
  h <- exp(of(p, rows$days))
  rate <- h * bends(p, rows$days) / rows$days
  before <- ifelse(rows$entry > 0, exp(of(p, pmax(rows$entry, 1e-300))), 0)
  sum(rows$death * log(pmax(rate, 1e-300)) - h + before)
}

survival_at <- function(of, p, covariance, times) {
  rows <- lapply(times, function(t) {
    along <- sapply(seq_along(p), function(i) {
      step <- replace(rep(0, length(p)), i, 1e-5)
      (of(p + step, t) - of(p - step, t)) / 2e-5
    })
    error <- sqrt(c(along %*% covariance %*% along))
    hazard <- exp(of(p, t))
    c(t, exp(-hazard), exp(-hazard * exp(z * error)), exp(-hazard * exp(-z * error)))
  })
  columns <- do.call(rbind, rows)
  list(time = columns[, 1], survival = columns[, 2], lower = columns[, 3], upper = columns[, 4])
}

by_survreg <- function(name, dist, rows, times) {
  fit <- survreg(Surv(days, death) ~ 1, rows, dist = dist, control = survreg.control(rel.tolerance = 1e-14, maxiter = 100))
  p <- c(coef(fit), if (name != "exponential") log(fit$scale))
  shown <- switch(name,
    exponential = list(scale = exp(p[[1]])),
    log_normal = list(mu = p[[1]], sigma = exp(p[[2]])),
    list(scale = exp(p[[1]]), shape = exp(-p[[2]]))
  )
  list(
    family = name, by = "survreg", parameters = shown, log_likelihood = fit$loglik[1],
    aic = AIC(fit), survival_at = survival_at(log_hazard[[name]], unname(p), vcov(fit), times)
  )
}

by_optim <- function(name, of, bends, start, rows, times, shown, knots = NULL) {
  loss <- function(p) -log_likelihood(p, of, bends, rows)
  best <- optim(start, loss, control = list(maxit = 5000, reltol = 1e-14))
  for (i in 1:5) best <- optim(best$par, loss, method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
  # Differences of a hundredth of a standard error: what bends is small there, and so is rounding.
  bend <- function(steps) optimHess(best$par, loss, control = list(ndeps = steps))
  covariance <- solve(bend(pmin(1e-3, 0.01 / sqrt(diag(bend(rep(1e-4, length(start))))))))
  list(
    family = name, by = "optim", parameters = shown(best$par), knots = knots, log_likelihood = -best$value,
    aic = 2 * length(start) + 2 * best$value, survival_at = survival_at(of, best$par, covariance, times)
  )
}

ask_families <- function(name, days, death, times, entry = NULL) {
  source <- rows_of[[name]]()
  rows <- data.frame(days = source[[days]], death = source[[death]], entry = if (is.null(entry)) 0 else source[[entry]])
  middle <- mean(log(rows$days))
  gamma <- by_optim("generalised_gamma", log_hazard$generalised_gamma, slope$generalised_gamma, c(middle, 0, 0.8), rows, times,
    function(p) list(mu = p[1], sigma = exp(p[2]), q = p[3]))
  knots <- quantile(log(rows$days[rows$death == 1]), c(0, 1 / 3, 2 / 3, 1), names = FALSE)
  spline <- by_optim("spline", spline_of(knots), spline_slope(knots), c(-middle, 1, 0, 0), rows, times,
    function(p) setNames(as.list(p), paste0("gamma_", 0:3)), exp(knots))
  plain <- c(exponential = "exponential", weibull = "weibull", log_normal = "lognormal", log_logistic = "loglogistic")
  list(
    dataset = name, days = days, event = death, entry = entry, level = 0.95, n = nrow(rows), events = sum(rows$death),
    families = c(lapply(names(plain), function(f) by_survreg(f, plain[[f]], rows, times)), list(gamma, spline))
  )
}

# survreg knows no delayed entry: the two commonest families by their likelihood.
ask_entered <- function(name, days, death, entry, times) {
  source <- subset(rows_of[[name]](), TRUE)
  rows <- data.frame(days = source[[days]], death = source[[death]], entry = source[[entry]])
  middle <- mean(log(rows$days))
  families <- list(
    by_optim("exponential", log_hazard$exponential, slope$exponential, middle, rows, times, function(p) list(scale = exp(p[1]))),
    by_optim("weibull", log_hazard$weibull, slope$weibull, c(middle, -1), rows, times, function(p) list(scale = exp(p[1]), shape = exp(-p[2]))),
    by_optim("log_normal", log_hazard$log_normal, slope$log_normal, c(middle, -1), rows, times, function(p) list(mu = p[1], sigma = exp(p[2])))
  )
  list(
    dataset = name, days = days, event = death, entry = entry, level = 0.95, n = nrow(rows),
    events = sum(rows$death), families = families
  )
}

write_answers("survreg", parametric = suppressWarnings(list(
  ask_families("lung", "time", "death", c(30, 365, 730, 1460)),
  ask_families("veteran", "time", "death", c(30, 365, 730, 1460)),
  ask_families("gbsg", "rfstime", "death", c(365, 1826, 2922, 3653)),
  ask_entered("channing", "age", "death", "ageentry", c(900, 1000, 1100, 1200))
)))
