# Byar and Green's trial of oestrogen in prostate cancer: months, acid phosphatase as the biomarker.
# Treated: 1.0 or 5.0 mg, against placebo or 0.2 mg.
source("answers.R")

rows <- rows_of$prostate()
months <- c(0, 12, 24, 36, 60)
ask <- function(...) ask_survival(rows, "time", "death", times = months, tau = 60, ...)
fit <- function(name, biomarker) {
  ask_model(rows, name, "time", "death",
    terms = list(
      list(variable = "treated", reference = 0), biomarker, list(variable = "age"),
      list(variable = "hg")
    ),
    interactions = list(c("treated", "ap")), times = months[-1], uno_tau = 60, brier_at = months[-1],
    at = lapply(0:1, function(treated) list(treated = treated, ap = 1, age = 73, hg = 13.5)),
    effect = list(of = "treated", to = 1, along_variable = "ap", values = c(0.3, 1, 3, 10, 100))
  )
}

knots <- quantile(log(rows$ap), c(0.1, 0.5, 0.9), names = FALSE) # of all 502 rows

write_answers("prostate",
  survival = list(ask(), ask(by = "rx"), ask(by = "treated", strata = "stage", with_curve = FALSE)),
  models = list(
    fit("log", list(variable = "ap", transform = "log")),
    fit("spline", list(variable = "ap", transform = "spline", of = "log", knots = knots))
  )
)
