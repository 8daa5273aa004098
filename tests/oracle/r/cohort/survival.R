# Questions about curves, put to R's `survival`. The shape of the answers stands in
# ../../datasets.py. A question about the rows of a data set is asked with the names of its columns:
# `days`, `event` (0 or 1), perhaps `entry`, `by` (groups) and `strata` (of the log-rank test).
library(survival)

surv <- function(rows, days, event, entry = NULL) {
  if (is.null(entry)) return(Surv(rows[[days]], rows[[event]]))
  Surv(rows[[entry]], rows[[days]], rows[[event]])
}

# Groups in the order of their labels as R sorts them: a factor keeps that of its levels.
grouping <- function(rows, by) {
  if (length(by) == 0) return(factor(rep("all", nrow(rows))))
  interaction(rows[by], drop = TRUE, lex.order = TRUE)
}

limits <- function(fit) {
  found <- quantile(fit, 0.5)
  list(value = found$quantile[[1]], lower = found$lower[[1]], upper = found$upper[[1]])
}

# Columns of equal length; I() keeps a column of one row an array in JSON.
columns <- function(...) lapply(list(...), function(column) I(as.vector(column)))

curve <- function(fit) {
  columns(
    time = fit$time, at_risk = fit$n.risk, events = fit$n.event, censored = fit$n.censor,
    survival = fit$surv, standard_error = fit$surv * fit$std.err, lower = fit$lower, upper = fit$upper
  )
}

survival_at <- function(fit, times) {
  s <- summary(fit, times = times)
  columns(
    time = s$time, at_risk = s$n.risk, survival = s$surv, standard_error = s$std.err,
    lower = s$lower, upper = s$upper
  )
}

restricted_mean <- function(fit, tau) {
  alive <- min(fit$surv) > 0
  if (max(fit$time) < tau && alive) return(NULL) # R would extend the curve where nobody was watched
  found <- summary(fit, rmean = tau)$table
  list(tau = tau, value = found[["rmean"]], standard_error = found[["se(rmean)"]])
}

one_group <- function(rows, days, event, entry, times, tau, level, start_time) {
  arguments <- list(surv(rows, days, event, entry) ~ 1, conf.type = "log-log", conf.int = level)
  fit <- do.call(survfit, c(arguments, start.time = start_time))
  rows$watched <- 1 - rows[[event]]
  reverse <- survfit(surv(rows, days, "watched", entry) ~ 1, conf.type = "log-log", conf.int = level)
  list(
    n = nrow(rows), events = sum(rows[[event]]), curve = curve(fit), median = limits(fit),
    median_follow_up = limits(reverse), survival_at = survival_at(fit, times),
    rmst = restricted_mean(fit, tau)
  )
}

test_of <- function(statistic, df) {
  list(
    statistic = statistic, degrees_of_freedom = df, p_value = pchisq(statistic, df, lower.tail = FALSE)
  )
}

# survdiff has no delayed entry, so with entry the sums are written out: at each time of deaths, what
# was seen and expected in each group, and the hypergeometric covariance, of those at risk.
log_rank_with_entry <- function(time, group) {
  seen <- matrix(time, ncol = 3, dimnames = list(NULL, c("entry", "days", "death")))
  sums <- lapply(sort(unique(seen[seen[, "death"] == 1, "days"])), function(day) {
    at_risk <- table(group[seen[, "entry"] < day & seen[, "days"] >= day])
    dead <- table(group[seen[, "days"] == day & seen[, "death"] == 1])
    n <- sum(at_risk)
    share <- as.vector(at_risk) / n
    spread <- if (n > 1) sum(dead) * (n - sum(dead)) / (n - 1) else 0
    list(
      difference = as.vector(dead) - sum(dead) * share,
      covariance = spread * (diag(share) - outer(share, share))
    )
  })
  list(difference = total(sums, "difference"), covariance = total(sums, "covariance"))
}

total <- function(parts, name) Reduce(`+`, lapply(parts, `[[`, name))

log_rank <- function(rows, days, event, entry, by, strata = NULL, rho = 0) {
  group <- grouping(rows, by)
  if (nlevels(group) < 2) return(NULL)
  stratum <- grouping(rows, strata)
  time <- surv(rows, days, event, entry)
  if (is.null(entry)) {
    return(test_of(survdiff(time ~ group + strata(stratum), rho = rho)$chisq, nlevels(group) - 1))
  }
  parts <- lapply(split(seq_along(group), stratum), function(i) log_rank_with_entry(time[i], group[i]))
  difference <- total(parts, "difference")[-1]
  covariance <- total(parts, "covariance")[-1, -1]
  test_of(sum(difference * solve(covariance, difference)), nlevels(group) - 1)
}

# One question and its answer. `alive_at` asks of those still watched after that day (a landmark).
ask_survival <- function(rows, days, event, entry = NULL, by = NULL, strata = NULL, times, tau,
                         level = 0.95, alive_at = NULL, start_time = NULL, with_curve = TRUE) {
  needed <- c(days, event, entry, by, strata)
  used <- rows[complete.cases(rows[needed]), ]
  at <- entry
  if (!is.null(alive_at)) {
    used <- used[used[[days]] > alive_at, ]
    used$begin <- if (is.null(entry)) alive_at else pmax(used[[entry]], alive_at)
    at <- "begin"
  }
  split_up <- split(used, grouping(used, by))
  groups <- lapply(split_up, function(part) {
    answer <- one_group(part, days, event, at, times, tau, level, start_time)
    if (!with_curve) answer$curve <- NULL
    c(list(group = lapply(part[1, by, drop = FALSE], as.character)), answer)
  })
  list(
    days = days, event = event, entry = entry, group_by = I(as.character(by)),
    stratify_by = I(as.character(strata)), alive_at = alive_at,
    start_time = start_time, level = level, n_total = nrow(rows),
    n_used = nrow(used), groups = unname(groups), log_rank = log_rank(used, days, event, at, by),
    stratified_log_rank = if (length(strata)) log_rank(used, days, event, at, by, strata),
    log_rank_rho_1 = if (is.null(at)) log_rank(used, days, event, at, by, rho = 1)
  )
}
