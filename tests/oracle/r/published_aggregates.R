# Answers of R to questions on the published aggregates: written to ../data/r_published_aggregates.json
# by `Rscript published_aggregates.R` in this folder. Closed forms are avoided where R has a function.
library(survival)
library(jsonlite)

z <- 1.959964 # the digits that the evidence is worked with
horizon <- 640
shapes <- c(1.0, 1.5, 2.03)

# A Weibull curve through S(horizon) = s has the scale horizon * H^(-1/k).
weibull_scale <- function(s, k) horizon * (-log(s))^(-1 / k)
alive <- function(day, s, k) pweibull(day, k, weibull_scale(s, k), lower.tail = FALSE)

# Area under the curve: with u = H (t/h)^k it is h/k H^(-1/k) Gamma(1/k) P(1/k, H).
mean_by_gamma <- function(s, k) {
  h <- -log(s)
  horizon / k * h^(-1 / k) * gamma(1 / k) * pgamma(h, 1 / k)
}
mean_by_area <- function(s, k) {
  integrate(function(day) alive(day, s, k), 0, horizon, rel.tol = 1e-12)$value
}

curves <- do.call(rbind, lapply(shapes, function(k) {
  do.call(rbind, lapply(list(
    list("low", 0.54, 0.52), list("whole_trial", 61 / 110, 0.81), list("high", 0.39, 1.37)
  ), function(g) {
    s <- g[[2]]
    data.frame(
      group = g[[1]], shape = k, day = c(5, 180, 365, 540, 640),
      control = alive(c(5, 180, 365, 540, 640), s, k),
      treated = alive(c(5, 180, 365, 540, 640), s, k)^g[[3]],
      control_mean = mean_by_gamma(s, k), control_area = mean_by_area(s, k),
      treated_mean = mean_by_gamma(s^g[[3]], k), treated_area = mean_by_area(s^g[[3]], k)
    )
  }))
}))

# survfit's log(-log) interval at the horizon, from deaths spread before it and nobody lost.
kaplan_meier <- function(alive_at_end, n) {
  deaths <- n - alive_at_end
  days <- c(seq(1, horizon - 1, length.out = deaths), rep(horizon, alive_at_end))
  fit <- survfit(Surv(days, rep(1:0, c(deaths, alive_at_end))) ~ 1, conf.type = "log-log")
  at <- summary(fit, times = horizon)
  data.frame(alive = alive_at_end, n = n, survival = at$surv, lower = at$lower, upper = at$upper)
}
counts <- rbind(kaplan_meier(61, 110), kaplan_meier(69, 110), kaplan_meier(9, 23), kaplan_meier(42, 77))

# Newcombe's method 10 from the two Wilson intervals that prop.test gives without correction.
newcombe <- function(a, m, b, n) {
  one <- prop.test(a, m, correct = FALSE)$conf.int
  two <- prop.test(b, n, correct = FALSE)$conf.int
  p <- a / m
  q <- b / n
  data.frame(
    a = a, a_total = m, b = b, b_total = n,
    lower = p - q - sqrt((p - one[1])^2 + (two[2] - q)^2),
    upper = p - q + sqrt((one[2] - p)^2 + (q - two[1])^2)
  )
}
differences <- rbind(newcombe(69, 110, 61, 110), newcombe(56, 70, 48, 80), newcombe(9, 10, 3, 10))

# Delta method with symbolic derivatives: survival and its difference in (ln H0, ln HR).
gap <- deriv(
  ~ exp(-exp(ln_h + ln_hr) * (day / horizon)^k) - exp(-exp(ln_h) * (day / horizon)^k),
  c("ln_h", "ln_hr")
)
delta <- function(group, s, n, hr, lower, upper, k) {
  proportion <- deriv(~ log(-log(s)), "s")
  s_value <- s
  v0 <- as.numeric(attr(eval(proportion, list(s = s_value)), "gradient"))^2 * s * (1 - s) / n
  se <- (log(upper) - log(lower)) / (2 * z)
  covariance <- matrix(c(v0, -v0, -v0, se^2), 2)
  do.call(rbind, lapply(c(180, 365, 540, 640), function(day) {
    found <- eval(gap, list(ln_h = log(-log(s)), ln_hr = log(hr), day = day, k = k, horizon = horizon))
    gradient <- attr(found, "gradient")
    error <- sqrt(as.numeric(gradient %*% covariance %*% t(gradient)))
    data.frame(
      group = group, shape = k, day = day, value = as.numeric(found),
      lower = as.numeric(found) - z * error, upper = as.numeric(found) + z * error
    )
  }))
}
gaps <- do.call(rbind, lapply(shapes, function(k) rbind(
  delta("low", 0.54, 77, 0.52, 0.30, 0.89, k),
  delta("whole_trial", 61 / 110, 110, 0.81, 0.54, 1.22, k)
)))

# Certainty of a stratum: true level log-normal around the measured one.
membership <- do.call(rbind, lapply(c(500, 600, 800, 1500, 3400, 3600, 4200), function(level) {
  do.call(rbind, lapply(c(0.05, 0.187, 0.5), function(cv) {
    sigma <- sqrt(log1p(cv^2))
    data.frame(
      level = level, assay_cv = cv,
      very_low = plnorm(750, log(level), sigma),
      low = plnorm(3700, log(level), sigma) - plnorm(750, log(level), sigma),
      high = plnorm(3700, log(level), sigma, lower.tail = FALSE)
    )
  }))
}))

answer <- list(
  made_by = "tests/oracle/r/published_aggregates.R",
  r = R.version.string,
  survival = as.character(packageVersion("survival")),
  date = as.character(Sys.Date()),
  curves = curves, counts = counts, differences = differences, gaps = gaps, membership = membership
)
write_json(answer, "../data/r_published_aggregates.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
