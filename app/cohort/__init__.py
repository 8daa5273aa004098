"""The science of a clinic's own cohort: columns of patients in, fitted numbers out. Pure."""
