# A clinic's own effects, stratum by stratum, as R's `survival` sees them.
# Run in this folder: `Rscript fitted_groups.R`. The rows are those of tests/fitted.py.
library(survival)
library(jsonlite)

rows <- read.csv("../data/fitted_groups.csv")
rows$stratum <- cut(rows$level, c(0, 750, 3700, Inf), c("very_low", "low", "high"), right = TRUE)
rows$stratum[rows$level == 750] <- "low"
horizon <- 640

effect <- function(model, term) {
  found <- summary(model)$coefficients[term, ]
  list(value = exp(found[["coef"]]), log_error = found[["se(coef)"]], p_value = found[["Pr(>|z|)"]])
}

seen <- function(chosen) {
  lapply(c(control = 0, treated = 1), function(arm) {
    those <- chosen[chosen$treated == arm, ]
    alive <- summary(survfit(Surv(days, death) ~ 1, those), times = horizon)
    list(
      patients = nrow(those), deaths = sum(those$death[those$days <= horizon]),
      survival = alive$surv, standard_error = alive$std.err,
      log_variance = (alive$std.err / (alive$surv * log(alive$surv)))^2
    )
  })
}

in_stratum <- function(name) as.numeric(rows$treated == 1 & rows$stratum == name)
rows$in_very_low <- in_stratum("very_low")
rows$in_low <- in_stratum("low")
rows$in_high <- in_stratum("high")
strata <- coxph(
  Surv(days, death) ~ in_very_low + in_low + in_high + age + strata(stratum), rows
)
alone <- coxph(Surv(days, death) ~ treated, rows, subset = stratum == "low")
whole <- coxph(Surv(days, death) ~ treated + age, rows)
level <- coxph(Surv(days, death) ~ treated * level + age, rows)

control <- rows[rows$treated == 0, ]
control$death <- control$death * (control$days <= horizon)
control$days <- pmin(control$days, horizon)
weibull <- survreg(Surv(days, death) ~ 1, control)
shape <- 1 / weibull$scale
profile <- function(k) {
  fit <- survreg(Surv(days, death) ~ 1, control, scale = 1 / k)
  fit$loglik[1] - weibull$loglik[1] + qchisq(0.95, 1) / 2
}

write_json(list(
  made_by = "tests/oracle/r/fitted_groups.R", r = R.version.string,
  survival_package = as.character(packageVersion("survival")), date = as.character(Sys.Date()),
  horizon = horizon,
  strata = lapply(c(very_low = "very_low", low = "low", high = "high"), function(name) {
    c(effect(strata, paste0("in_", name)), seen = list(seen(rows[rows$stratum == name, ])))
  }),
  low_alone = effect(alone, "treated"),
  whole = c(effect(whole, "treated"), seen = list(seen(rows))),
  interaction = list(
    at_zero = effect(level, "treated"), per_unit = effect(level, "treated:level"),
    correlation = cov2cor(vcov(level))["treated", "treated:level"]
  ),
  shape = list(
    value = shape, lower = uniroot(profile, c(shape / 2, shape), tol = 1e-10)$root,
    upper = uniroot(profile, c(shape, shape * 2), tol = 1e-10)$root
  )
), "../data/fitted_groups.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
