# The rows of each data set, with the columns that its questions need and its source lacks.
# `death` is 1 for a death and 0 for a censoring, whatever the source wrote.
suppressPackageStartupMessages(library(survival))

# Rows that no R package of Debian has: datasets.py fetches them from where Python has them.
fetched <- function(name) read.csv(file.path("../../../../build/datasets", paste0(name, ".fetched.csv")))

rows_of <- list(
  lung = function() transform(survival::lung, death = as.integer(status == 2)),
  veteran = function() transform(survival::veteran, death = status),
  gbsg = function() transform(survival::gbsg, death = status, pgr1 = pgr + 1),
  mgus2 = function() {
    # cause 1: progression to plasma cell malignancy; 2: death without it.
    transform(survival::mgus2,
      cause = ifelse(pstat == 1, 1, 2 * death), time = ifelse(pstat == 1, ptime, futime)
    )
  },
  # cause 1: death; 2: transplant.
  pbc = function() transform(survival::pbc, death = as.integer(status == 2), cause = c(0, 2, 1)[status + 1]),
  colon = function() {
    rows <- subset(survival::colon, etype == 2)
    transform(rows, death = status)
  },
  channing = function() {
    data("channing", package = "KMsurv", envir = environment())
    subset(channing, age > ageentry)
  },
  heart = function() transform(survival::heart, death = event),
  prostate = function() {
    rows <- fetched("prostate")
    transform(rows, death = event, treated = as.integer(rx %in% c("1.0 mg estrogen", "5.0 mg estrogen")))
  },
  actg175 = function() transform(fetched("actg175"), death = cens)
)
