// Written by `python -m voila_dashboards.contract` from the list of pages (voila_dashboards/pages) and the definitions
// it names. Do not edit: `make web` writes it anew, and a test compares.

export const MASKING_RULES: Readonly<Record<string, string>> = {
  "private key": "private keys in PEM, whole or cut off",
  "URL password": "user and password, or a token, before the `@` of a URL or of a database's address",
  "named value": "values whose name says that they are private, in settings, URLs, code, YAML, XML, tables and prose",
  "column": "cells of CSV, of tables and of SQL's `INSERT` whose header says that they are private",
  "markup": "values that HTML, XML, forms in parts, Terraform and Dockerfiles tie to a private name at a distance",
  "bearer": "what follows `Bearer`, `Basic`, `Token`, `Digest`, `ApiKey`, where it is no word",
  "token": "tokens and keys of some hundred and fifty services, JWTs",
  "webhook": "tokens with other characters in them: webhooks of Slack, Discord and Teams, bots of Telegram, keys of Azure and AWS",
  "command line": "passwords in the options of curl, mysql, docker login and their like",
  "card code": "the code on the back of a card, behind its name",
  "told code": "codes of digits that open something, behind the word for them",
  "told password": "passwords and keys that people tell, in the languages of the table below",
  "written secret": "passwords and codes that a set form of words gives away, in SQL, in commands, before their word",
  "e-mail address": "e-mail addresses; each becomes a keyed hash",
  "IBAN": "bank accounts whose length and check digits hold (ISO 13616)",
  "card number": "card numbers by issuer, length and check digit (ISO/IEC 7812), with the date behind them",
  "phone number": "telephone numbers by calling code and length, or as written in North America; each becomes a keyed hash",
  "told phone number": "numbers behind the word for a telephone, in the languages of the table below",
  "name in a text": "names of people behind a greeting, a title or \"my name is\", under a letter, before an address",
  "labelled name": "names of people behind a word for a customer, a passenger, a patient, ..., or before an address such as 様",
  "field": "a value, by its field or what stands beside it, in JSON in a text too; a number that is a card's",
  "known name": "a name that is known in the ticket, where nothing else tells it",
  "own key": "the SDK's own API key and hash key, wherever they stand",
  "bodies": "what people and models said to each other (`CASELOG_MASK=bodies`)",
  "failed": "a value that could not be looked at",
  "own": "whatever your own mask changed (`caselog.set_mask`)"
};
