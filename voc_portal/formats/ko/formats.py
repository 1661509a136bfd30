"""Korean dates as people write them: 2026년 10월 12일(월) 18시 20분, never 7:46 오전."""

DATE_FORMAT = "Y년 n월 j일"
SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y년 n월 j일 H:i"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
YEAR_MONTH_FORMAT = "Y년 n월"
MONTH_DAY_FORMAT = "n월 j일"
FIRST_DAY_OF_WEEK = 0
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
