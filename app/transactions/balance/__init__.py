"""Why a balance is what it is, now or on a day: in words, in parts and as a drawing."""
