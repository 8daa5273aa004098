# The curves and the model of a clinic's own patients, from its own export, by R's `survival`:
#
#     Rscript cohort.R export.csv [minimum_group]
#
# reads the CSV of `GET /v1/exports/patients` or `python -m app export` and prints, as JSON, the
# numbers of `POST /v1/cohort/survival` and `POST /v1/cohort/models`. minimum_group is the service's
# NEUROSTRATA_MINIMUM_GROUP, by default 10.
library(survival)
library(jsonlite)

arguments <- commandArgs(trailingOnly = TRUE)
minimum <- if (length(arguments) > 1) as.numeric(arguments[2]) else 10
times <- c(180, 365, 540, 640)
tau <- 640

# Cells as they are written, empty ones as missing. Each level has its row, and the latest one
# counts; one without a date is the oldest. A patient without a level has one row.
rows <- read.csv(arguments[1], colClasses = "character", na.strings = "", check.names = FALSE)
cell <- function(name) if (name %in% names(rows)) rows[[name]] else rep(NA_character_, nrow(rows))
number <- function(name) suppressWarnings(as.numeric(cell(name)))
collected <- ifelse(is.na(cell("pnfh_date")), "", sub("Z$", "", cell("pnfh_date")))
rows <- rows[order(!is.na(cell("pnfh")), collected, method = "radix"), ]
rows <- rows[!duplicated(rows$identifier, fromLast = TRUE), ]

# Levels in pg/mL and their strata. A bound is no number, and has a stratum only if all that it
# leaves open lies inside.
per_unit <- c("pg/mL" = 1, "ng/L" = 1, "ng/mL" = 1000, "ug/L" = 1000)
level <- number("pnfh") * per_unit[cell("pnfh_unit")]
sign <- ifelse(is.na(cell("pnfh_comparator")), "=", cell("pnfh_comparator"))
very_low <- (sign %in% c("=", "<=") & level < 750) | (sign == "<" & level <= 750)
high <- (sign %in% c("=", ">=", ">") & level > 3700) | (sign == ">" & level == 3700)
low <- sign == "=" & level >= 750 & level <= 3700

days <- as.numeric(as.Date(cell("follow_up_date")) - as.Date(cell("baseline_date")))
is_dead <- cell("vital_status") %in% "dead" | cell("event_type") %in% "death"
is_alive <- cell("vital_status") %in% "alive"
patients <- data.frame(
  arm = cell("arm"), pnfh = ifelse(sign == "=", level, NA), x_age = number("x_age"),
  stratum = ifelse(very_low, "very_low", ifelse(low, "low", ifelse(high, "high", NA))),
  entry = ifelse(is.na(number("entry_days")), 0, number("entry_days")),
  days = ifelse(is.na(number("follow_up_days")), days, number("follow_up_days")),
  death = ifelse(is_dead, 1, ifelse(is_alive, 0, NA))
)
if (nrow(patients) == 0) stop("The export has no patients.")
is_late <- any(patients$entry > 0) # somebody entered after baseline: then everybody has an entry

# Who can be used, and where the others went: each is counted once, by the first reason.
use <- function(needed) {
  reason <- rep(NA_character_, nrow(patients))
  leave_out <- function(why, who) ifelse(is.na(reason) & who, why, reason)
  reason <- leave_out("vital_status_unknown", is.na(patients$death))
  reason <- leave_out("follow_up_missing", is.na(patients$days))
  reason <- leave_out("follow_up_not_after_entry", is_late & patients$entry >= patients$days)
  for (name in needed) reason <- leave_out(paste0(name, "_missing"), is.na(patients[[name]]))
  used <- patients[is.na(reason), ]
  used$time <- with(used, if (is_late) Surv(entry, days, death) else Surv(days, death))
  why <- table(reason)
  list(
    patients = used,
    counts = list(
      n_total = nrow(patients), n_used = nrow(used),
      excluded = data.frame(reason = names(why), n = as.vector(why))
    )
  )
}

# A group smaller than the minimum is not told, nor are the smallest of the others until those not
# told are enough together: else a difference would tell them.
# The service also keeps back what would differ from one of its earlier answers by so few patients.
in_groups <- function(used, by) {
  label <- interaction(used[by], drop = TRUE, lex.order = TRUE)
  sizes <- table(label)
  is_told <- sizes >= minimum
  while (any(is_told) && any(!is_told) && sum(sizes[!is_told]) < minimum) {
    is_told[is_told][which.min(sizes[is_told])] <- FALSE
  }
  used$group <- factor(label, names(sizes)[is_told])
  used[!is.na(used$group), ]
}

curve <- function(group, by) {
  fit <- survfit(time ~ 1, group, conf.type = "log-log")
  median <- quantile(fit, 0.5)
  at <- summary(fit, times = times[times <= max(group$days)])
  area <- summary(fit, rmean = tau)$table
  is_watched <- max(group$days) >= tau || min(fit$surv) == 0
  list(
    group = as.list(group[1, by, drop = FALSE]), n = nrow(group), events = sum(group$death),
    median = list(value = median$quantile[[1]], lower = median$lower[[1]], upper = median$upper[[1]]),
    survival_at = data.frame(time = at$time, survival = at$surv, lower = at$lower, upper = at$upper),
    rmst = if (is_watched) list(tau = tau, value = area[["rmean"]], standard_error = area[["se(rmean)"]])
  )
}

curves <- function(by) {
  used <- use(by)
  told <- in_groups(used$patients, by)
  groups <- lapply(split(told, told$group), curve, by = by)
  c(used$counts, list(groups = unname(groups), log_rank = log_rank(told)))
}

# The log-rank test as survdiff has it, which knows no delayed entry: deaths seen less expected, and
# their hypergeometric covariance, over the times of deaths.
log_rank <- function(told) {
  if (nlevels(told$group) < 2) return(NULL)
  difference <- 0
  covariance <- 0
  for (day in unique(told$days[told$death == 1])) {
    at_risk <- as.vector(table(told$group[(!is_late | told$entry < day) & told$days >= day]))
    dead <- as.vector(table(told$group[told$days == day & told$death == 1]))
    n <- sum(at_risk)
    share <- at_risk / n
    difference <- difference + dead - sum(dead) * share
    spread <- if (n > 1) sum(dead) * (n - sum(dead)) / (n - 1) else 0
    covariance <- covariance + spread * (diag(share) - outer(share, share))
  }
  tested(sum(difference[-1] * solve(covariance[-1, -1], difference[-1])), nlevels(told$group) - 1)
}

tested <- function(statistic, df) {
  p_value <- pchisq(statistic, df, lower.tail = FALSE)
  list(statistic = statistic, degrees_of_freedom = df, p_value = p_value)
}

# arm * log(pnfh), and x_age where the export has it: natural logarithm, Efron's ties.
model <- function() {
  more <- if (any(!is.na(patients$x_age))) "x_age"
  used <- use(c("arm", "pnfh", more))
  arms <- sort(unique(used$patients$arm))
  if (length(arms) < 2) return(NULL)
  reference <- c(intersect(c("placebo", "none", "control"), arms), arms)[1]
  used$patients$arm <- relevel(factor(used$patients$arm), reference)
  fitted <- function(...) {
    coxph(reformulate(c(..., more), "time"), used$patients, control = coxph.control(eps = 1e-11))
  }
  fit <- fitted("arm * log(pnfh)")
  plain <- fitted("arm", "log(pnfh)")
  term <- sub("^arm([^:]+)", "arm[\\1]", names(coef(fit)))
  ratios <- summary(fit)$conf.int
  check <- cox.zph(fit, transform = "km", terms = FALSE)$table
  agreement <- concordance(fit)
  list(
    n = fit$n, events = fit$nevent, excluded = used$counts$excluded, reference = reference,
    coefficients = data.frame(
      term = term, coefficient = coef(fit), standard_error = sqrt(diag(vcov(fit))),
      hazard_ratio = ratios[, "exp(coef)"], lower = ratios[, "lower .95"], upper = ratios[, "upper .95"],
      p_value = summary(fit)$coefficients[, "Pr(>|z|)"], row.names = NULL
    ),
    log_likelihood = list(null = fit$loglik[1], model = fit$loglik[2]),
    likelihood_ratio = tested(2 * diff(fit$loglik), length(term)),
    interaction_test = tested(2 * (fit$loglik[2] - plain$loglik[2]), length(term) - length(coef(plain))),
    concordance = list(value = agreement$concordance[[1]], standard_error = sqrt(agreement$var[[1]])),
    proportional_hazards = data.frame(
      term = c(term, "GLOBAL"), statistic = check[, "chisq"], degrees_of_freedom = check[, "df"],
      p_value = check[, "p"], row.names = NULL
    )
  )
}

answer <- list(by_arm = curves("arm"), by_arm_and_stratum = curves(c("arm", "stratum")), model = model())
cat(toJSON(answer, digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null", null = "null"), "\n")
