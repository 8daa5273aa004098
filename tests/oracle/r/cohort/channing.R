# Channing House: ages in months, watched from the age at which somebody moved in (delayed entry).
source("answers.R")

rows <- rows_of$channing()
ages <- c(840, 900, 960, 1020, 1080)
ask <- function(...) ask_survival(rows, "age", "death", "ageentry", times = ages, tau = 1080, ...)

write_answers("channing",
  survival = list(
    ask(), ask(by = "gender"), ask(start_time = 840, with_curve = FALSE), ask(alive_at = 840),
    ask(by = "gender", alive_at = 840, level = 0.9, with_curve = FALSE)
  ),
  models = list(ask_model(
    rows, "entry", "age", "death",
    terms = list(list(variable = "gender")), entry = "ageentry", times = ages[-1],
    at = list(list(gender = 1), list(gender = 2))
  ))
)
