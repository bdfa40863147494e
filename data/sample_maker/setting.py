"""The setting: the years, the steps of the pathway and the providers, with how many go where."""

from __future__ import annotations

YEARS = (2021, 2022, 2023, 2024, 2025)
LATEST = YEARS[-1]
STAGES = {
    "years_0_3": (0, 3),
    "years_4_6": (4, 6),
    "years_7_8": (7, 8),
    "years_9_10": (9, 10),
    "years_11_13": (11, 13),
}

# id, name, type, member, equity index, learners to a teacher, latitude, longitude
PROVIDERS = (
    ("E1", "Te Kōhanga o Ngā Wai Rere", "ece", "yes", "", 5, -40.0412, 175.9320),
    ("E2", "Pīwakawaka Lane Early Learning", "ece", "yes", "", 7, -40.0521, 175.9484),
    ("E3", "Kindling Street Kindergarten", "ece", "no", "", 9, -40.0467, 175.9561),
    ("P1", "Kōwhai Bend School", "primary", "yes", 468, 19, -40.0558, 175.9442),
    ("P2", "Mānuka Flat School", "primary", "yes", 507, 18, -40.0389, 175.9603),
    ("P3", "Rimu Terrace School", "primary", "yes", 431, 19, -40.0610, 175.9527),
    ("P4", "Shingle Ferry School", "primary", "yes", 489, 15, -40.0874, 175.9011),
    ("P5", "Swingbridge Road School", "primary", "yes", 452, 18, -40.0203, 175.9874),
    ("P6", "Ōtawhiri Valley School", "primary", "yes", 476, 17, -39.9906, 175.8772),
    ("I1", "Te Awa Rere Intermediate", "intermediate", "yes", 474, 18, -40.0502, 175.9510),
    ("K1", "Te Kura o Ngā Wai Rere", "composite", "yes", 521, 12, -40.0416, 175.9326),
    ("S1", "Te Awa Rere College", "secondary", "yes", 479, 15, -40.0536, 175.9556),
    ("S2", "Long Reach High School", "secondary", "yes", 455, 15, -40.0287, 175.9718),
    ("T1", "Te Awa Rere Institute of Learning", "tertiary", "no", "", 0, -40.0490, 175.9532),
    ("X1", "Te Awa Rere Iwi Education Trust", "partner", "yes", "", 0, -40.0420, 175.9329),
)
FIRST_LEVEL = {"I1": 7, "S1": 9, "S2": 9}  # elsewhere 1
LAST_LEVEL = {"P1": 6, "P2": 6, "P3": 6, "P4": 6, "P5": 8, "P6": 8, "I1": 8}  # elsewhere 13

# How many go where, set beside one another; the kura K1 is chosen in another way.
SERVICES = {"E1": 14, "E2": 36, "E3": 50}
FULL_PRIMARIES = {"P5": 40, "P6": 27}
PRIMARIES = {"P1": 46, "P2": 40, "P3": 34, "P4": 13, **FULL_PRIMARIES}
MIDDLE = {"I1": 134, **FULL_PRIMARIES}
SECONDARIES = {"S1": 58, "S2": 42}
