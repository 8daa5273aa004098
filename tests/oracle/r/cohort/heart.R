# Stanford heart transplants: a patient's time before and after it are two rows (delayed entry, ties).
source("answers.R")

rows <- rows_of$heart()
days <- c(30, 90, 365)
a_patient <- list(age = 0, surgery = 1, transplant = 1)
fit <- function(name, ...) {
  ask_model(rows, name, "stop", "death", entry = "start", times = days, at = list(a_patient), ...)
}

age <- list(variable = "age")
surgery <- list(variable = "surgery")
transplant <- list(variable = "transplant", reference = 0)

write_answers("heart",
  survival = list(ask_survival(
    rows, "stop", "death", "start",
    by = "transplant", strata = "surgery", times = c(0, days), tau = 365
  )),
  models = list(
    fit("entry", terms = list(age, surgery, transplant)),
    fit("entry, stratified", terms = list(age, surgery), strata = "transplant"),
    fit("entry, interaction",
      terms = list(transplant, age), interactions = list(c("transplant", "age")),
      effect = list(of = "transplant", to = 1, along_variable = "age", values = c(-20, 0, 10))
    )
  )
)
