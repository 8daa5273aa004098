# North Central Cancer Treatment Group, lung cancer: ties, missing values, status told as 1 and 2.
source("answers.R")

rows <- rows_of$lung()
ask <- function(...) ask_survival(rows, "time", "death", times = c(0, 90, 180, 365, 730), tau = 365, ...)

sex <- list(variable = "sex", reference = 1)
ecog <- list(variable = "ph.ecog")
age <- list(variable = "age")

write_answers("lung",
  survival = list(
    ask(), ask(by = "sex"), ask(by = "sex", strata = "ph.ecog"), ask(by = c("sex", "ph.ecog")),
    ask(by = "sex", level = 0.9), ask(by = "sex", alive_at = 180)
  ),
  models = list(ask_model(
    rows, "age and performance", "time", "death",
    terms = list(sex, age, ecog), times = c(180, 365, 730), uno_tau = 730, brier_at = c(180, 365, 730),
    at = list(list(sex = 2, age = 60, ph.ecog = 1)), level = 0.9
  ))
)
