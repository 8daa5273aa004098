# German Breast Cancer Study Group: a hormone receptor that may decide whom a hormone helps.
source("answers.R")

rows <- rows_of$gbsg()
years <- 365 * 1:5
ask <- function(...) ask_survival(rows, "rfstime", "death", times = c(0, 730, 1825), tau = 1825, ...)
fit <- function(name, ...) ask_model(rows, name, "rfstime", "death", times = years, ...)

hormon <- list(variable = "hormon", reference = 0)
age <- list(variable = "age")
receptor <- list(variable = "pgr1", transform = "log")
nodes <- list(variable = "nodes", transform = "log")
knots <- quantile(log(rows$pgr1), c(0.05, 0.35, 0.65, 0.95), names = FALSE)
levels_of_receptor <- c(1, 5, 33, 132, 500)

write_answers("gbsg",
  survival = list(
    ask(), ask(by = "hormon"), ask(by = "hormon", strata = "grade", with_curve = FALSE),
    ask(by = c("grade", "hormon"), with_curve = FALSE), ask(alive_at = 730)
  ),
  models = list(
    fit("interaction",
      terms = list(hormon, receptor), interactions = list(c("hormon", "pgr1")), uno_tau = 1825,
      at = list(list(hormon = 0, pgr1 = 33), list(hormon = 1, pgr1 = 33)),
      effect = list(of = "hormon", to = 1, along_variable = "pgr1", values = levels_of_receptor)
    ),
    fit("four variables",
      terms = list(hormon, age, receptor, nodes), uno_tau = 1825, brier_at = years,
      at = list(list(hormon = 1, age = 53, pgr1 = 33, nodes = 3))
    ),
    fit("spline, stratified",
      terms = list(hormon, list(variable = "pgr1", transform = "spline", of = "log", knots = knots), age),
      interactions = list(c("hormon", "pgr1")), strata = "grade",
      at = list(list(hormon = 1, pgr1 = 33, age = 53, grade = 2)),
      effect = list(of = "hormon", to = 1, along_variable = "pgr1", values = levels_of_receptor)
    )
  )
)
