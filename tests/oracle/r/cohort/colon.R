# Colon cancer, three arms (Moertel 1990): deaths only.
source("answers.R")

rows <- rows_of$colon()
days <- c(0, 365, 1095, 1825)
ask <- function(...) ask_survival(rows, "time", "death", times = days, tau = 1825, with_curve = FALSE, ...)

write_answers("colon",
  survival = list(
    ask(by = "rx"), ask(by = c("rx", "sex")), ask(by = "rx", strata = c("sex", "node4")),
    ask(by = "rx", alive_at = 365, level = 0.9)
  ),
  models = list(ask_model(
    rows, "two interactions", "time", "death",
    terms = list(
      list(variable = "rx", reference = "Obs"), list(variable = "node4", reference = 0),
      list(variable = "age")
    ),
    interactions = list(c("rx", "node4"), c("rx", "age")), strata = "sex", times = days[-1],
    at = list(list(rx = "Lev+5FU", node4 = 1, age = 61, sex = 0))
  ))
)
