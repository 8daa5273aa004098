# Cox models, put to R's `survival` (Efron). A model is told as the service is told it: a list of
# terms, pairs that interact, strata. The shape of the answers stands in ../../datasets.py.
library(survival)

# Restricted cubic spline, linear beyond the outer knots (Harrell 2015, eq. 2.25): x, then one column
# for each inner knot, divided by the square of the outer knots' distance, as rms::rcs has them.
restricted_cubic <- function(x, knots) {
  cube <- function(knot) pmax(x - knot, 0)^3
  m <- length(knots)
  last <- knots[m] - knots[m - 1]
  bent <- sapply(knots[seq_len(m - 2)], function(knot) {
    (cube(knot) - cube(knots[m - 1]) * (knots[m] - knot) / last +
      cube(knots[m]) * (knots[m - 1] - knot) / last) / (knots[m] - knots[1])^2
  })
  cbind(x, matrix(bent, nrow = length(x)))
}

# The columns of the design for one term, named as the service names its coefficients.
basis <- function(rows, term) {
  x <- rows[[term$variable]]
  if (!is.null(term$reference)) {
    others <- setdiff(levels(x), term$reference)
    found <- sapply(others, function(other) as.numeric(x == other))
    return(matrix(found, nrow(rows), dimnames = list(NULL, sprintf("%s[%s]", term$variable, others))))
  }
  found <- switch(term$transform %||% "linear",
    linear = cbind(x), log = cbind(log(x)), log2 = cbind(log2(x)),
    spline = restricted_cubic(if (term$of == "log") log(x) else x, term$knots)
  )
  name <- switch(term$transform %||% "linear", linear = "%s", paste0(term$transform, "(%s)"))
  label <- sprintf(name, term$variable)
  colnames(found) <- if (ncol(found) == 1) label else sprintf("%s[%d]", label, seq_len(ncol(found)))
  found
}

`%||%` <- function(a, b) if (is.null(a)) b else a

design <- function(rows, terms, interactions) {
  parts <- lapply(terms, basis, rows = rows)
  names(parts) <- sapply(terms, `[[`, "variable")
  products <- lapply(interactions, function(pair) {
    one <- parts[[pair[1]]]
    other <- parts[[pair[2]]]
    crossed <- expand.grid(a = colnames(one), b = colnames(other), stringsAsFactors = FALSE)
    found <- mapply(function(a, b) one[, a] * other[, b], crossed$a, crossed$b)
    matrix(found, nrow(rows), dimnames = list(NULL, paste(crossed$a, crossed$b, sep = ":")))
  })
  do.call(cbind, c(unname(parts), products))
}

# Each column of the design is a variable of its own, so cox.zph tests each and survfit predicts it.
fit_of <- function(rows, model, interactions = model$interactions) {
  x <- design(rows, model$terms, interactions)
  named <- as.data.frame(x)
  names(named) <- paste0("x", seq_len(ncol(x)))
  named$time <- surv(rows, model$days, model$event, model$entry)
  right <- names(named)[seq_len(ncol(x))]
  if (length(model$strata)) {
    named$stratum <- grouping(rows, model$strata)
    right <- c(right, "strata(stratum)")
  }
  fit <- coxph(reformulate(right, "time"), named,
    x = TRUE, y = TRUE, model = TRUE, control = coxph.control(eps = 1e-11, iter.max = 50)
  )
  list(fit = fit, labels = colnames(x), data = named)
}

schoenfeld <- function(found) {
  table <- cox.zph(found$fit, transform = "km", terms = FALSE)$table
  columns(
    term = c(found$labels, "GLOBAL"), statistic = table[, "chisq"],
    degrees_of_freedom = table[, "df"], p_value = table[, "p"]
  )
}

harrell <- function(fit) {
  found <- concordance(fit)
  list(value = found$concordance[[1]], standard_error = sqrt(found$var[[1]]))
}

# Uno et al. 2011; R's weights are those of the time just before, G(t-).
uno <- function(fit, tau) {
  found <- concordance(fit, timewt = "n/G2", ymax = tau)
  list(tau = tau, value = found$concordance[[1]], standard_error = sqrt(found$var[[1]]))
}

# Survival of one patient: `at` are values of the model's variables, and of its strata.
predicted <- function(found, rows, model, at, times, level) {
  one <- rows[1, , drop = FALSE]
  one[names(at)] <- at
  for (name in names(at)) {
    if (is.factor(rows[[name]])) one[[name]] <- factor(at[[name]], levels(rows[[name]]))
  }
  values <- as.data.frame(design(one, model$terms, model$interactions))
  names(values) <- paste0("x", seq_along(values))
  if (length(model$strata)) values$stratum <- grouping_like(one, rows, model$strata)
  curve <- survfit(found$fit, newdata = values, conf.type = "log-log", conf.int = level)
  s <- summary(curve, times = times)
  c(list(at = at), columns(
    time = s$time, survival = s$surv, lower = s$lower, upper = s$upper,
    cumulative_hazard = s$cumhaz, cumulative_hazard_error = s$std.chaz
  ))
}

grouping_like <- function(one, rows, strata) {
  label <- paste(sapply(strata, function(name) as.character(one[[name]])), collapse = ".")
  factor(label, levels = levels(grouping(rows, strata)))
}

# Hazard ratio of a level of one variable against its reference, along another (delta method).
along <- function(found, rows, model, of, to, along_variable, values, level) {
  design_at <- function(value) {
    grid <- rows[rep(1, length(values)), , drop = FALSE]
    grid[[along_variable]] <- values
    grid[[of]][] <- as.character(value)
    design(grid, model$terms, model$interactions)
  }
  reference <- Find(function(term) term$variable == of, model$terms)$reference
  contrast <- design_at(to) - design_at(reference)
  log_ratio <- as.vector(contrast %*% coef(found$fit))
  error <- sqrt(rowSums((contrast %*% vcov(found$fit)) * contrast))
  z <- qnorm((1 + level) / 2)
  told <- list(of = of, to = as.character(to), reference = as.character(reference), along = along_variable)
  c(told, columns(
    value = values, hazard_ratio = exp(log_ratio), lower = exp(log_ratio - z * error),
    upper = exp(log_ratio + z * error), standard_error = error
  ))
}

# Brier score by inverse probability of censoring (Graf et al. 1999): a death by t weighs 1 / G(T-),
# a patient still watched 1 / G(t). Deaths come before censorings, so whoever dies on a day is no
# longer at risk of being censored on it.
censoring <- function(days, death) {
  at <- sort(unique(days))
  lost <- sapply(at, function(day) sum(days == day & death == 0))
  watched <- sapply(at, function(day) sum(days > day) + sum(days == day & death == 0))
  stepfun(at, c(1, cumprod(1 - lost / pmax(watched, 1))))
}

brier <- function(found, rows, model, times) {
  days <- rows[[model$days]]
  death <- rows[[model$event]]
  G <- censoring(days, death)
  before <- sapply(days, function(day) G(max(c(0, days[days < day]))))
  scores <- function(alive) {
    sapply(seq_along(times), function(k) {
      weight <- ifelse(days > times[k], 1 / G(times[k]), death / before)
      mean(weight * ((days > times[k]) - alive[k, ])^2)
    })
  }
  kept <- survfit(found$fit, newdata = found$data)
  alive <- summary(kept, times = times)$surv
  marginal <- summary(survfit(Surv(days, death) ~ 1), times = times)$surv
  everybody_alike <- matrix(marginal, length(times), length(days))
  columns(time = times, score = scores(alive), null_score = scores(everybody_alike))
}

interaction_test <- function(found, rows, model) {
  if (!length(model$interactions)) return(NULL)
  without <- fit_of(rows, model, interactions = list())
  gain <- found$fit$loglik[2] - without$fit$loglik[2]
  test_of(2 * gain, length(found$labels) - length(without$labels))
}

told <- function(term) {
  if (!is.null(term$reference)) term$reference <- as.character(term$reference)
  if (!is.null(term$knots)) term$knots <- I(term$knots)
  term
}

complete <- function(rows, model) {
  used <- c(model$days, model$event, model$entry, sapply(model$terms, `[[`, "variable"), model$strata)
  rows <- rows[complete.cases(rows[used]), ]
  for (term in model$terms) {
    if (!is.null(term$reference)) rows[[term$variable]] <- factor(rows[[term$variable]])
  }
  rows
}

# One model and its answer. `at` is a list of patients to predict, `effect` the arguments of `along`.
ask_model <- function(rows, name, days, event, terms, interactions = list(), strata = NULL,
                      entry = NULL, times, at = list(), effect = NULL, uno_tau = NULL,
                      brier_at = NULL, level = 0.95) {
  model <- list(
    days = days, event = event, entry = entry, terms = terms, interactions = interactions,
    strata = strata
  )
  used <- complete(rows, model)
  found <- fit_of(used, model)
  fit <- found$fit
  list(
    name = name, days = days, event = event, entry = entry, terms = lapply(terms, told),
    interactions = I(interactions), strata = I(as.character(strata)), level = level,
    n_total = nrow(rows), n = fit$n, events = fit$nevent,
    coefficients = columns(
      term = found$labels, coefficient = coef(fit), standard_error = sqrt(diag(vcov(fit)))
    ),
    covariance = I(unname(vcov(fit))),
    log_likelihood = list(null = fit$loglik[1], model = fit$loglik[2]),
    likelihood_ratio = test_of(2 * diff(fit$loglik), length(coef(fit))),
    wald = test_of(fit$wald.test[[1]], length(coef(fit))), score = test_of(fit$score, length(coef(fit))),
    interaction_test = interaction_test(found, used, model), proportional_hazards = schoenfeld(found),
    concordance = harrell(fit), uno = if (!is.null(uno_tau)) uno(fit, uno_tau),
    predicted = lapply(at, function(one) predicted(found, used, model, one, times, level)),
    effect = if (!is.null(effect)) do.call(along, c(list(found, used, model), effect, level = level)),
    brier = if (!is.null(brier_at)) brier(found, used, model, brier_at)
  )
}
