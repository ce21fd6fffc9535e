"""What is looked for in texts: one table. An engine runs it (see `engine`), the docs print it, and tests hold it.

The order is that of looking; which of two finds that overlap stands is said by `kinds.KINDS`. ``matches`` and ``leaves``
are examples: in each of the first the rule finds the part between ``»`` and ``«``, in the second nothing.
"""

# ruff: noqa: E501 - a table

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from . import (
    cards,
    columns,
    credentials,
    emails,
    ibans,
    labelled_names,
    markup,
    named_values,
    people_text,
    phones,
    tokens,
    told,
    written_secrets,
)
from .kinds import CARD, EMAIL, IBAN, NAME, PHONE, SECRET
from .view import View


class Rule(NamedTuple):
    """One thing that is looked for in texts."""

    name: str
    #: For the docs: what it finds.
    finds: str
    kinds: tuple[str, ...]
    #: Quick test of one text or of many joined: without it there is nothing to find.
    may_hold: Callable[[View], bool]
    #: Start, end and kind of each find; what is to be written in its place, where that is not the kind's mark.
    find: Callable[[View], Iterator[tuple[Any, ...]]]
    matches: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    #: Whether it may find anything in the middle of base64: a private key is no image.
    reaches_blobs: bool = False
    #: Whether its finds are dropped where they overlap a secret that another rule found: that one knows its end better.
    yields: bool = False


# fmt: off
RULES: tuple[Rule, ...] = (
    Rule(
        "private key", "private keys in PEM, whole or cut off", (SECRET,),
        credentials.may_hold_private_key, credentials.find_private_keys,
        ("»-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq0f3\n-----END RSA PRIVATE KEY-----«", "k: »-----BEGIN PRIVATE KEY-----\nMIIEow«"),
        ("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----", "the PRIVATE KEY is missing"), reaches_blobs=True,
    ),
    Rule(
        "URL password", "user and password, or a token, before the `@` of a URL or of a database's address", (SECRET,),
        credentials.may_hold_url_password, credentials.find_url_passwords,
        ("postgresql://»bob:hunter2«@db.example.com/x", "https://»hunter2abc«@localhost/x", "»u:hunter2«@tcp(127.0.0.1:3306)/db"),
        ("https://x.example/@scope/pkg", "postgres://h1:5432,h2:5432/db", "git@github.com:org/repo.git"),
    ),
    Rule(
        "named value", "values whose name says that they are private, in settings, URLs, code, YAML, XML, tables and prose",
        (SECRET, CARD, IBAN, PHONE, NAME), named_values.may_hold_named_value, named_values.find_named_values,
        ("DB_PASSWORD=»hunter2«", "{'api_key': '»hunter2«'}", "<password>»hunter2«</password>", "?token=»hunter2«&page=3",
         "| password | »hunter2« |", "--password »hunter2« -v", "пароль: »hunter22«", "密码: »hunter22«", "電話: »052-841-9316«"),
        ("password=$DB_PASSWORD", "auth: ldap backend down", "tokens: 1,024", "salt: 2 tsp", "pin: GPIO4", "x-ratelimit-reset-tokens: 0s"),
    ),
    Rule(
        "column", "cells of CSV, of tables and of SQL's `INSERT` whose header says that they are private",
        (SECRET, CARD, IBAN, PHONE, NAME), columns.may_hold_columns, columns.find_columns,
        ("user,password,age\nbob,»hunter2«,3", "user | api_key\n-----+-----\nbob | »a1b2c3«\n(1 row)", "INSERT INTO t (a, pin) VALUES (1, '»4711«')",
         "name;email\n»Ada Lovelace«;?"),
        ("token,count\nthe,5\nof,3", "user,password\nbob,\n", "name,size\na.txt,5", "| Field | password |\n|---|---|\n| Type | string |"),
    ),
    Rule(
        "markup", "values that HTML, XML, forms in parts, Terraform and Dockerfiles tie to a private name at a distance",
        (SECRET, CARD, IBAN, PHONE, NAME), markup.may_hold_markup, markup.find_in_markup,
        ('<input name="password" type="text" value="»hunter2«">', '<property name="api_key">»a1b2c3d4«</property>', "<dt>Password</dt><dd>»hunter22«</dd>",
         'Content-Disposition: form-data; name="token"\n\n»a1b2c3d4«\n--x', 'variable "db_password" {\n  default = "»hunter2«"\n}', "ENV DB_PASSWORD »hunter2«"),
        ('<input type="password" name="password">', "<th>Password</th><td>Required</td>", '<label name="password">Enter it</label>', "ENV TOKEN_TTL 3600"),
    ),
    Rule(
        "bearer", "what follows `Bearer`, `Basic`, `Token`, `Digest`, `ApiKey`, where it is no word", (SECRET,),
        credentials.may_hold_bearer, credentials.find_bearers,
        ("Bearer »abc123def456«", "Basic »aHVudGVyMjpodW50ZXIy«"), ("Bearer authentication required", "token max_tokens=512", "basic economy"),
    ),
    Rule(
        "token", "tokens and keys of some hundred and fifty services, JWTs", (SECRET,), tokens.may_hold_token, tokens.find_tokens,
        ("use »ghp_abcdefghijklmnopqrst0123« now", "»e2b_0123456789abcdef0123456789abcdef01234567«",
         "»nfp_aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3kM5«", "»pylf_v1_us_aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3kM5oQ7s«"),
        ("claude-sonnet-4-5-20250929", "call_6MeHRQLp5Sx0MrRvxFBNHmLR", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "hf_hub_download_with_retries"),
    ),
    Rule(
        "webhook", "tokens with other characters in them: webhooks of Slack, Discord and Teams, bots of Telegram, keys of Azure and AWS",
        (SECRET,), tokens.may_hold_longer_token, tokens.find_longer_tokens,
        ("https://hooks.slack.com/services/»T0AAAAAAA/B0AAAAAAA/abcdefghijklmnopqrstuvwx«",), ("https://x.example/webhooks/12/short",),
        reaches_blobs=True,
    ),
    Rule(
        "command line", "passwords in the options of curl, mysql, docker login and their like", (SECRET,),
        credentials.may_hold_command, credentials.find_in_commands,
        ("curl -u bob:»hunter2« https://x", "mysql -p»hunter2« db", "redis-cli -a »hunter2« ping"), ("ls -u", "git log -p"),
    ),
    Rule(
        "card code", "the code on the back of a card, behind its name", (CARD,), told.may_hold_card_code, told.find_card_codes,
        ("my cvv is »1234«", "security code »123«"), ("cvv is on the back", "csc 12"), yields=True,
    ),
    Rule(
        "told code", "codes of digits that open something, behind the word for them", (SECRET,), told.may_hold_code, told.find_codes,
        ("Your verification code is »482913«", "PIN »1234«", "验证码是»482913«"), ("pin the message", "confirmation code ABC123"), yields=True,
    ),
    Rule(
        "told password", "passwords and keys that people tell, in the languages of the table below", (SECRET,),
        told.may_hold_password, told.find_passwords,
        ("my password is »Hunter2«", "mon mot de passe est »hunter2«", "我的密码是 »hunter22«", "mật khẩu: »hunter22«", "كلمة المرور: »Sahara2024«"),
        ("The password is wrong.", "The PW1100G has vibration", "ñ pwsh7.exe", "hash it: nc pwn.example.io:8000"), yields=True,
    ),
    Rule(
        "written secret", "passwords and codes that a set form of words gives away, in SQL, in commands, before their word", (SECRET,),
        written_secrets.may_hold_written_secret, written_secrets.find_written_secrets,
        ("»993221« is your verification code", "CREATE USER bob IDENTIFIED BY '»hunter2x«'", "WIFI:T:WPA;S:home;P:»hunter2x«;;",
         "password has been set to »hunter2x«", "Password (»hunter2x«)", "net use \\\\srv\\x »hunter2x« /user:bob"),
        ("Password (sha256)", "2024 is your year", "your code: see below", "password has been set to expire", "users pass tests"),
    ),
    Rule(
        "e-mail address", "e-mail addresses; each becomes a keyed hash", (EMAIL,), emails.may_hold_email, emails.find_emails,
        ("to '»Bob.Jones@example.com«'.", "<»bob@example.com«>"),
        ("Use the `@agent.tool` decorator", '`@app.get("/x")`', 'curl -F "file=@printenv.pl"', "icon@2x.png", "git@github.com:org/repo.git"),
        yields=True,
    ),
    Rule(
        "IBAN", "bank accounts whose length and check digits hold (ISO 13616)", (IBAN,), ibans.may_hold_iban, ibans.find_ibans,
        ("IBAN »AT61 1904 3002 3457 3201« EUR", "»GB82WEST12345698765432«"), ("DE89 3704 0044 0532 0130 01", "de89 is none"),
    ),
    Rule(
        "card number", "card numbers by issuer, length and check digit (ISO/IEC 7812), with the date behind them", (CARD,),
        cards.may_hold_card, cards.find_cards,
        ("pay with »4111-1111 1111-1111«", "»4111 1111 1111 1111 04/27 737«"), ("order 4111111111111112", "1715785200000"),
    ),
    Rule(
        "phone number", "telephone numbers by calling code and length, or as written in North America; each becomes a keyed hash", (PHONE,),
        phones.may_hold_phone, phones.find_phones,
        ("call »+49 30 901820« or", "»(555) 123-4567«", "»0049 30 901820«"),
        ("155.33 - 147.05 + 268.77 - 235.13", "f(x) = 3 + 12345678", "640 480 1920", "HTTP/1.1 200 512 1024", "+48.8583701,+2.2944813",
         "diff\n+12345678\n-12345678", "ORDER 0012345678"),
    ),
    Rule(
        "told phone number", "numbers behind the word for a telephone, in the languages of the table below", (PHONE,),
        told.may_hold_told_phone, told.find_told_phones,
        ("Tel. »030 / 901820«", "Handy »0171 2345678«", "电话 »13812345678«"), ("phone 2024-05-15 15", "tel 12"),
    ),
    Rule(
        "name in a text", 'names of people behind a greeting, a title or "my name is", under a letter, before an address', (NAME,),
        people_text.may_hold_name, people_text.find_names,
        ("Dear Ms. »Li«,", "Hi »Emma«, how are you?", "my name is »Ada Lovelace«", "我叫»王小明«。", "меня зовут »Анна Петрова«"),
        ("Dear Customer,", "Hello World!", "Best regards,\nCustomer Support", "Hi, can you help?"),
    ),
    Rule(
        "labelled name", "names of people behind a word for a customer, a passenger, a patient, ..., or before an address such as 様", (NAME,),
        labelled_names.may_hold_labelled_name, labelled_names.find_labelled_names,
        ("Customer: »Mei Patel«, order 12", "**Passenger:** »Ada Lovelace«", "Клиент: »Анна Петрова«", "客户：»王小明«", "»田中«様"),
        ("Customer: Acme GmbH", "Customer: Yes Please", "Passenger: Adult", "Client: Thanks", "用户：好的，谢谢", "製品仕様", "العميل: أريد إلغاء الحجز"),
    ),
)
# fmt: on
