# AIDS Clinical Trials Group 175: a trial's size, CD4 cells as the biomarker, no interaction.
source("answers.R")

rows <- rows_of$actg175()
days <- c(0, 365, 730, 1000)
ask <- function(...) ask_survival(rows, "days", "death", times = days, tau = 1000, with_curve = FALSE, ...)

write_answers("actg175",
  survival = list(ask(), ask(by = "treat", strata = "symptom"), ask(by = "arms")),
  models = list(ask_model(
    rows, "no interaction", "days", "death",
    terms = list(list(variable = "treat", reference = 0), list(variable = "cd40"), list(variable = "age")),
    interactions = list(c("treat", "cd40")), times = days[-1], uno_tau = 1000, brier_at = days[2:3],
    at = list(list(treat = 1, cd40 = 350, age = 35)),
    effect = list(of = "treat", to = 1, along_variable = "cd40", values = c(200, 350, 500))
  ))
)
