# Answers of R to the ENCALS model: written to ../data/r_encals.json by `Rscript encals.R` here.
# The coefficients are those of the published code; the baseline is a spline on ln(months).
library(jsonlite)

beta <- c(
  slope = -1.83665700485301, delay = -2.37341404599814, age = -0.266972062796289,
  fvc = 0.476853332498141, bulbar = 0.268874087566745, definite = 0.232783007891563,
  ftd = 0.38831322640700, c9orf72 = 0.256078493763062
)
knots <- c(0.081, 3.108, 3.638, 5.917)
spline <- c(-6.409, 2.643, -0.546, 0.585)

cases <- data.frame(
  case = c("A", "B", "C", "D", "E", "F", "G", "H"),
  age = c(62, 70, 45, 65, 60, 75, 38, 81), slope = c(0.6, 1.5, 0.2, 1.0, 0.7, 0.3, 0, 3.4),
  delay = c(12, 6, 24, 8, 9, 18, 120, 2.5), fvc = c(90, 70, 105, 80, 95, 85, 130, 35),
  bulbar = c(0, 1, 0, 1, 0, 0, 0, 1), definite = c(0, 1, 0, 1, 0, 1, 0, 1),
  ftd = c(0, 0, 0, 1, 0, 0, 0, 1), c9orf72 = c(0, 0, 0, 1, 0, 0, 1, 0)
)

terms <- with(cases, cbind(
  (slope + 0.1)^-0.5, (delay / 10)^-0.5 + log(delay / 10), (age / 100)^-2,
  (fvc / 100)^-1 + (fvc / 100)^-0.5, bulbar, definite, ftd, c9orf72
))
cases$predictor <- as.numeric(terms %*% beta)

positive_cube <- function(x) pmax(x, 0)^3
log_odds <- function(months) {
  z <- log(months)
  lambda <- (knots[4] - knots[2:3]) / (knots[4] - knots[1])
  v <- sapply(1:2, function(j) {
    positive_cube(z - knots[j + 1]) - lambda[j] * positive_cube(z - knots[1]) -
      (1 - lambda[j]) * positive_cube(z - knots[4])
  })
  sum(spline * c(1, z, v))
}
alive <- function(months, predictor) plogis(-(log_odds(months) + predictor))
month_of <- function(p, predictor) {
  exp(uniroot(function(z) alive(exp(z), predictor) - p, c(-15, 15), tol = 1e-13)$root)
}

months <- c(6, 12, 24, 36, 60, 120, 500)
survival <- lapply(cases$predictor, function(p) sapply(months, alive, predictor = p))
quartiles <- lapply(cases$predictor, function(p) sapply(c(0.75, 0.5, 0.25), month_of, predictor = p))

answer <- list(
  made_by = "tests/oracle/r/encals.R", r = R.version.string, date = as.character(Sys.Date()),
  months = months, log_odds = sapply(months, log_odds),
  cases = cases, survival = survival, quartiles = quartiles
)
write_json(answer, "../data/r_encals.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
