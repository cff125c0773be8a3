"""A billing dashboard for guided workshops that are paid with prepaid credits."""
