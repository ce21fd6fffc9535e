"""Words that stand where names do and are none: of organisations, of things, of what people say."""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

#: Words of a name that say that it is nobody's.
NO_NAMES = frozenset(
    ("team", "support", "service", "services", "department", "desk", "care", "help", "office", "sales", "billing", "center",
     "centre", "group", "company", "inc", "ltd", "llc", "gmbh", "airlines", "airline", "bank", "sir", "madam", "all", "everyone",
     "there", "world", "folks", "friend", "friends", "colleague", "colleagues", "valued", "member", "members", "hiring",
     "manager", "applicant", "candidate", "claude", "gpt", "chatgpt", "gemini", "siri", "alexa", "copilot", "passenger", "traveler",
     "again", "damen", "herren", "kunde", "kundin", "cliente", "client", "clients", "customers", "users", "again", "welcome", "thank",
     "thanks", "please", "yes", "no", "i", "we", "you", "the", "this", "it", "how", "what", "can", "could", "is", "are", "my", "your",
     "our", "in", "on", "not", "a", "an", "to", "for", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "september", "october",
     "november", "december", "sie", "ग्राहक", "العميل", "عميلنا", "مشتری", "گاہک", "quý", "müşterimiz", "müşteri", "клиент", "коллеги", "друзья",
     "клієнт", "usuario", "usuário", "pelanggan", "klient", "klant", "mteja", "গ্রাহক", "必須", "間違って", "間違", "入力", "不明", "正しい", "何", "匿名",
     "gentlemen", "ladies", "mail", "mailer", "daemon", "delivery", "subsystem", "internet", "list", "noreply", "no-reply", "notifications", "notification",
     "alerts", "news", "newsletter", "info", "postmaster", "security", "operator", "create", "america", "kitty", "diary", "python",
     "docker", "amazon", "google", "microsoft", "apple", "mundo", "monde", "welt", "mondo", "мир", "dünya", "wereld", "دنیا",
     "listed", "wrong", "misspelled", "spelled", "spelt", "incorrect", "correct",
     "and", "or", "but", "with", "from", "so", "just", "here", "that", "also", "name", "missing", "on", "at", "as", "of",
     "на", "не", "как", "в", "и", "что", "это", "egal", "nicht", "falsch", "unwichtig", "geheim", "לכולם", "רב", "לך", "όλους", "όλοι", "zákazníku",
     "ügyfelünk", "asiakas", "kaikki", "alle", "alla", "zusammen", "todos", "todas", "tous", "tutti", "wszyscy", "всем", "всім", "колеги",
     "day", "morning", "evening", "afternoon", "vänner", "venner")
)  # fmt: skip

#: "Is" and "and" where they stand behind a name, as words of their own.
COPULAS = frozenset(
    ("है", "हैं", "हूँ", "हूं", "और", "आहे", "आणि", "છે", "અને", "ਹੈ", "ਅਤੇ", "হয়", "এবং", "ہے", "ہیں", "ہوں", "اور", "است", "هست", "هستم", "و",
     "మరియు", "மற்றும்", "입니다", "이에요", "예요", "이고", "です", "हो")
)  # fmt: skip

#: Any of these among several words makes them an organisation or its part.
ORGANISATIONS = frozenset(
    ("corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "llp", "plc", "gmbh", "ag", "kg", "ug", "se", "sa", "sas",
     "sarl", "srl", "spa", "bv", "nv", "oy", "ab", "aps", "pty", "kk", "team", "teams", "department", "dept", "division", "company",
     "group", "holding", "holdings", "university", "hospital", "clinic", "airlines", "airways", "foundation", "institute", "association",
     "agency", "committee", "council", "ministry", "systems", "solutions", "technologies", "industries", "abteilung", "equipo", "équipe",
     "squad", "guild", "desk")
)  # fmt: skip
#: As well, where a name only is written like a person's: these are surnames too.
ALSO_ORGANISATIONS = frozenset(
    ("support", "sales", "books", "bank", "office", "service", "services", "platform", "store", "shop", "press", "media", "news", "studio",
     "studios", "labs", "lab", "software", "security", "engineering", "operations", "ops", "finance", "marketing", "logistics", "accounts",
     "accounting", "billing", "payable", "receivable", "partners", "ventures", "capital", "care", "help", "school", "college", "church",
     "club", "hotel", "hotels", "restaurant", "insurance", "energy", "motors", "foods", "records", "publishing", "publishers", "street", "city",
     "management", "administration", "admin", "helpdesk", "reception", "warehouse", "infrastructure", "network", "networks", "global",
     "international", "digital", "cloud", "data", "research", "development", "product", "design", "legal", "hr", "it", "resources",
     "human", "bot", "agent", "assistant", "system", "project", "service-desk", "procurement", "purchasing", "everyone", "anyone", "all")
)  # fmt: skip
#: Behind a label these are things and states: "Guest: Free Wifi", "Employee: Full Time".
_THINGS = frozenset(
    ("free", "wifi", "full", "time", "part", "native", "react", "accounts", "payable", "pepper", "marvel", "chair", "table", "sale", "summer",
     "winter", "red", "blue", "green", "black", "white", "desktop", "mobile", "web", "browser", "server", "app", "application", "api", "sdk",
     "library", "code", "script", "version", "access", "mode", "level", "plan", "package", "room", "suite", "pass", "lounge", "check", "in",
     "out", "only", "required", "optional", "included", "available", "unavailable", "active", "inactive", "pending", "approved", "rejected",
     "complete", "completed", "open", "closed", "high", "low", "medium", "default", "custom", "public", "private", "limited", "unlimited",
     "contract", "contractor", "temporary", "permanent", "remote", "hybrid", "onsite", "senior", "junior", "wi-fi", "breakfast", "parking",
     "credit", "debit", "card", "cash", "payment", "total", "price", "cost", "fee", "tax", "discount", "gift", "travel", "trip", "seat",
     "window", "aisle", "economy", "business", "checked", "carry-on", "baggage", "bag", "meal", "list", "notes", "summary", "report",
     "next", "steps", "action", "items", "please", "see", "below", "above", "update", "upgrade", "question", "answer", "test", "example",
     "shell", "terminal", "python", "java", "swift", "next.js", "node", "kotlin", "flutter", "electron", "angular", "django", "rails",
     "engagement", "feedback", "survey", "loyalty", "rewards", "points", "program", "programme", "base", "segment", "journey", "insights",
     "acquisition", "retention", "lifetime", "value", "privacy", "policy", "terms", "conditions", "agreement", "handbook", "benefits",
     "google", "chrome", "mozilla", "firefox", "safari", "microsoft", "amazon", "apple", "outlook", "edge", "windows", "android", "linux",
     "oracle", "mysql", "postgres", "salesforce", "slack", "github", "gitlab", "jenkins", "actions", "runner", "worker", "process",
     "thread", "function", "main", "module", "handler", "service", "client", "server", "scheduler", "pipeline", "workflow", "job")
)  # fmt: skip
THINGS = _THINGS | ORGANISATIONS | ALSO_ORGANISATIONS


def is_organisation(name: str) -> bool:
    """Whether a name of several words says that it is an organisation's.

    >>> is_organisation("ACME Corp."), is_organisation("Maria Sales")
    (True, False)
    """
    words = name.lower().replace(",", " ").split()
    return len(words) > 1 and any(word.strip(".,()").replace(".", "") in ORGANISATIONS for word in words)


def is_thing(name: str) -> bool:
    """Whether any word of what is written like a name says that it is nobody's: "Sales Team", "Free Wifi"."""
    return any(word.strip(".,()") in THINGS for word in name.lower().split())
