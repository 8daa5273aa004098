# Monoclonal gammopathy (Mayo Clinic): months to plasma cell malignancy (cause 1), or to death (2).
source("answers.R")

rows <- rows_of$mgus2()
months <- c(0, 60, 120, 240)
ask <- function(...) ask_survival(rows, "futime", "death", times = months, tau = 240, ...)

write_answers("mgus2",
  survival = list(ask(), ask(by = "sex")),
  competing = list(
    ask_competing(rows, "time", "cause", times = months),
    ask_competing(rows, "time", "cause", by = "sex", times = months)
  ),
  models = list(ask_model(
    rows, "missing values", "futime", "death",
    terms = list(
      list(variable = "sex", reference = "F"), list(variable = "age"), list(variable = "hgb"),
      list(variable = "creat", transform = "log2")
    ),
    times = months[-1], at = list(list(sex = "M", age = 70, hgb = 13, creat = 1.1)),
    uno_tau = 240, brier_at = months[-1]
  ))
)
