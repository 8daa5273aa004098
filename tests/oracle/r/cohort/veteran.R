# Veterans' Administration lung cancer trial: ties, hazards that are not proportional.
source("answers.R")

rows <- rows_of$veteran()
ask <- function(...) ask_survival(rows, "time", "death", times = c(0, 30, 90, 180, 365), tau = 365, ...)
fit <- function(name, ...) ask_model(rows, name, "time", "death", times = c(30, 90, 180, 365), ...)

celltype <- list(variable = "celltype", reference = "squamous")
trt <- list(variable = "trt", reference = 1)
karno <- list(variable = "karno")
age <- list(variable = "age")
a_patient <- list(trt = 1, karno = 60, age = 62, celltype = "squamous")
another <- list(trt = 2, karno = 80, age = 45, celltype = "adeno")

write_answers("veteran",
  survival = list(ask(), ask(by = "trt"), ask(by = "celltype"), ask(by = "trt", strata = "celltype")),
  models = list(
    fit("all",
      terms = list(trt, karno, age, celltype), at = list(a_patient, another), uno_tau = 365,
      brier_at = c(30, 90, 180, 365)
    ),
    fit("stratified", terms = list(trt, karno), strata = "celltype", at = list(a_patient, another)),
    fit("interaction",
      terms = list(trt, list(variable = "karno", transform = "log2"), age), interactions = list(c("trt", "karno")),
      at = list(a_patient, another),
      effect = list(of = "trt", to = 2, along_variable = "karno", values = c(20, 40, 60, 80, 99))
    )
  )
)
