# The rows that R sees, as CSV files for the tests: `Rscript datasets.R FOLDER NAME …` in this folder.
# Numbers have 17 digits, so that they are read back as the very same; what is missing is empty.
source("rows.R")

exact <- function(column) {
  if (!is.numeric(column)) return(as.character(column))
  ifelse(is.na(column), NA, sprintf("%.17g", column))
}

arguments <- commandArgs(trailingOnly = TRUE)
for (name in arguments[-1]) {
  rows <- as.data.frame(lapply(rows_of[[name]](), exact), check.names = FALSE)
  write.csv(rows, file.path(arguments[1], paste0(name, ".csv")), na = "", row.names = FALSE)
}
