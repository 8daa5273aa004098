# R's `survival` on the bench's patients: Rscript bench/r_cohort.R curves|fit|whole FILE
# The rows are in memory before the clock starts. What was found is written as one line of JSON.
suppressPackageStartupMessages({
  library(survival)
  library(jsonlite)
})

TIMES <- c(180, 365, 540, 640)

read_patients <- function(file) {
  numbers <- readBin(file, "double", n = file.size(file) / 8)
  rows <- matrix(numbers, ncol = 6)
  data.frame(
    days = rows[, 1], dead = rows[, 2],
    arm = factor(rows[, 3], 0:1, c("placebo", "il2ld")),
    stratum = factor(rows[, 4], 0:2, c("very_low", "low", "high")),
    pnfh = rows[, 5], age = rows[, 6]
  )
}

clocked <- function(expression) {
  took <- system.time(value <- expression)
  list(value = value, seconds = took[["elapsed"]], cpu = took[["user.self"]] + took[["sys.self"]])
}

most_memory <- function() {
  if (!file.exists("/proc/self/status")) {
    return(2^20 * sum(gc()[, 6]))
  }
  lines <- readLines("/proc/self/status")
  1024 * as.numeric(gsub("[^0-9]", "", grep("^VmHWM", lines, value = TRUE)))
}

curves <- function(patients) {
  done <- clocked(
    survfit(Surv(days, dead) ~ arm + stratum, data = patients, conf.type = "log-log")
  )
  read <- summary(done$value, times = TIMES)
  name <- gsub("(arm|stratum)=| ", "", as.character(read$strata))
  found <- lapply(split(seq_along(name), name), function(i) {
    list(survival = read$surv[i], lower = read$lower[i], upper = read$upper[i])
  })
  list(seconds = done$seconds, cpu_seconds = done$cpu, found = found)
}

fit <- function(patients) {
  done <- clocked(coxph(Surv(days, dead) ~ arm * log(pnfh) + age, patients, ties = "efron"))
  model <- done$value
  # By default R stops when the likelihood hardly grows; what is compared is fitted to the end.
  exact <- update(model, control = coxph.control(eps = 1e-11, iter.max = 50))
  found <- list(
    coefficients = unname(coef(exact)), standard_errors = unname(sqrt(diag(vcov(exact)))),
    log_likelihood = exact$loglik[[2]], concordance = model$concordance[["concordance"]]
  )
  list(seconds = done$seconds, cpu_seconds = done$cpu, found = found, model = model)
}

whole <- function(patients) {
  full <- fit(patients)
  rest <- clocked({
    main <- coxph(Surv(days, dead) ~ arm + log(pnfh) + age, patients, ties = "efron")
    list(main = main, test = cox.zph(full$model, terms = FALSE))
  })
  full$found$proportional_hazards <- unname(rest$value$test$table[, "chisq"])
  full$found$interaction <- 2 * (full$model$loglik[[2]] - rest$value$main$loglik[[2]])
  c(full, whole_seconds = full$seconds + rest$seconds, whole_cpu_seconds = full$cpu_seconds + rest$cpu)
}

asked <- commandArgs(trailingOnly = TRUE)
done <- get(asked[[1]])(read_patients(asked[[2]]))
done$model <- NULL
done$most <- most_memory()
done$version <- paste0("R ", getRversion(), ", survival ", packageVersion("survival"))
cat(toJSON(done, auto_unbox = TRUE, digits = NA), "\n", sep = "")
