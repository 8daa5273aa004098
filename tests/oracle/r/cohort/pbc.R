# Primary biliary cholangitis (Mayo Clinic): a trial without effect; deaths (1), transplants (2).
source("answers.R")

rows <- rows_of$pbc()
days <- c(0, 365, 1825, 3650)
ask <- function(...) ask_survival(rows, "time", "death", times = days, tau = 3650, ...)

write_answers("pbc",
  survival = list(ask(), ask(by = "trt"), ask(by = "trt", strata = "edema", with_curve = FALSE)),
  competing = list(ask_competing(rows, "time", "cause", by = "trt", times = days)),
  models = list(ask_model(
    rows, "interaction", "time", "death",
    terms = list(
      list(variable = "trt", reference = 2), list(variable = "bili", transform = "log"),
      list(variable = "age")
    ),
    interactions = list(c("trt", "bili")), times = days[-1], uno_tau = 3650, brier_at = days[2:3],
    at = list(list(trt = 1, bili = 1.4, age = 50), list(trt = 2, bili = 1.4, age = 50)),
    effect = list(of = "trt", to = 1, along_variable = "bili", values = c(0.5, 1, 3, 10))
  ))
)
