# Questions about competing causes, put to R's `survival`: Aalen and Johansen's estimate.
library(survival)

# One column a cause: its probability, standard error and limits, from rows of pstate.
by_cause <- function(fit, rows = seq_along(fit$time)) {
  states <- setdiff(fit$states, "(s0)")
  found <- lapply(states, function(state) {
    column <- match(state, fit$states)
    part <- lapply(unclass(fit)[c("pstate", "std.err", "lower", "upper")], function(x) I(x[rows, column]))
    setNames(part, paste0("cause_", state, c("", "_error", "_lower", "_upper")))
  })
  do.call(c, found)
}

events_by_cause <- function(fit) {
  states <- setdiff(fit$states, "(s0)")
  found <- lapply(states, function(state) I(fit$n.event[, match(state, fit$states)]))
  setNames(found, paste0("events_", states))
}

ask_competing <- function(rows, days, cause, by = NULL, times, level = 0.95) {
  used <- rows[complete.cases(rows[c(days, cause, by)]), ]
  groups <- lapply(split(used, grouping(used, by)), function(part) {
    time <- Surv(part[[days]], factor(part[[cause]], 0:2))
    fit <- survfit(time ~ 1, conf.type = "log-log", conf.int = level)
    at <- summary(fit, times = times)
    list(
      group = lapply(part[1, by, drop = FALSE], as.character), n = nrow(part),
      curve = c(
        columns(time = fit$time, at_risk = fit$n.risk[, 1], censored = fit$n.censor),
        events_by_cause(fit), by_cause(fit)
      ),
      probability_at = c(columns(time = at$time, at_risk = at$n.risk[, 1]), by_cause(at))
    )
  })
  list(
    days = days, cause = cause, group_by = I(as.character(by)), level = level, n_total = nrow(rows),
    n_used = nrow(used), groups = unname(groups)
  )
}
