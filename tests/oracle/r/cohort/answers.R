# What the scripts of this folder share: where the rows come from, and how answers are written.
# Each script is run in this folder: `Rscript lung.R [folder]`; without a folder, ../../data/cohort.
library(jsonlite)
source("rows.R")
source("survival.R")
source("models.R")
source("competing.R")

write_answers <- function(name, ...) {
  folder <- c(commandArgs(trailingOnly = TRUE), "../../data/cohort")[1]
  answer <- list(
    made_by = paste0("tests/oracle/r/cohort/", name, ".R"), r = R.version.string,
    survival_package = as.character(packageVersion("survival")), date = as.character(Sys.Date()),
    dataset = name, ...
  )
  path <- file.path(folder, paste0(name, ".json"))
  write_json(answer, path, digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null")
}
