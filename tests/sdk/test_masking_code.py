"""Programs come back byte for byte, but for the secrets that are written in them."""

from __future__ import annotations

import itertools
import random

import pytest

from caselog.masking import Masker
from caselog.masking.languages import LANGUAGES
from caselog.masking.vocabulary import is_joined

MASKER = Masker(b"a key of this test")
NAMES = ("password", "token", "api_key", "authToken", "clientSecret", "db_password", "cookies", "auth")

#: Lines of ten languages that compute or declare what their name says, and do not hold it.
COMPUTED = (
    "{name} = get_{name}()",
    "self.{name} = {name}",
    "this.{name} = {name};",
    "login(user, {name}={name}, tries=3)",
    "{name} = input('Enter: ')",
    '{name} = os.environ["{upper}"]',
    '{name} = os.getenv("{upper}")',
    "{name} = request.form.get('{name}')",
    "const {{ {name}, user }} = req.body;",
    "const {name} = await vault.read(path);",
    "let {name} = config.{name};",
    "def f(user, {name}: Optional[str] = None) -> bool:",
    'def check_{name}(self, value):\n    """Whether it is right."""',
    "public String get{title}() {{ return this.{name}; }}",
    "func (u *User) Set{title}(v string) error {{ return u.store(hash(v)) }}",
    "let {name}: SecretString = prompt();",
    "${name} = $_POST['{name}'];",
    "for {name} in {name}_list: print({name}.text)",
    "if {name} is None: return",
    "if ({name} === null || {name}.length < 8) return;",
    "{name} := cfg.{title}",
    'puts ENV["{upper}"]',
    "SELECT {name} FROM users WHERE id = 5",
    "CREATE TABLE users (id INT, {name} VARCHAR(255) NOT NULL);",
    "{{{name}:n,indent:o,line:t}}",
    "std::unordered_map<std::string, {title}> by_{name};",
    '<input type="{name}" name="{name}" placeholder="...">',
    "[type={name}]{{color:#fff;width:100px}}",
    '["{name}", "user_{name}"]',
    "{name}: ${{{upper}}}",
)  # fmt: skip

#: The same names with the value itself.
HELD = (
    '{name} = "{secret}"',
    "{name} = '{secret}'",
    'self.{name} = "{secret}"',
    "const {name} = `{secret}`;",
    'let {name} = String::from("{secret}");',
    'val {name}: String = "{secret}"',
    '{name} := "{secret}"',
    'login("bob", {name}="{secret}")',
    'new Client({{ {name}: "{secret}" }})',
    'Secret{{User: "bob", {name}: "{secret}"}}',
    "['{name}' => '{secret}']",
    "{name}={secret} ./run.sh",
    'SecretStr {name} = SecretStr("{secret}");',
)


def _fill(template: str, name: str, secret: str = "") -> str:
    title = name.replace("_", " ").title().replace(" ", "")
    return template.format(name=name, upper=name.upper(), title=title, secret=secret)


@pytest.mark.parametrize("template", COMPUTED)
def test_what_computes_a_secret_stays_as_it_is(template: str) -> None:
    lines = [_fill(template, name) for name in NAMES]

    assert [MASKER.mask_text(line) for line in lines] == lines


@pytest.mark.parametrize("template", HELD)
def test_what_holds_a_secret_loses_the_secret_and_nothing_else(template: str) -> None:
    chance = random.Random(template)
    for name in NAMES[:6]:
        secret = "".join(chance.choices("ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz", k=8)) + "7x9"

        assert MASKER.mask_text(_fill(template, name, secret)) == _fill(template, name, "[secret]")


@pytest.mark.parametrize(
    "text",
    [
        "919, 2347, 2960, 2348, 1270, 4511, 4012",
        "11111111-2222-3333-4444-555555555555",
        "+15315951513506E-22\n-38289878783765E-23",
        "GoogleAppsDriveLabelsV2betaIntegerLimits",
        "the name is taken, the name is case-sensitive",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestSecret-a1b2c3",
        "core::pin::Pin, AWS::Auth::AccountId",
        'type.fullname == "builtins.dict"',
        'open(fname, "w")',
    ],
)
def test_tables_names_and_types_stay_as_they_are(text: str) -> None:
    assert MASKER.mask_text(text) == text


# ---------------------------------------------------------------- told, in each language


def _sentences(language: str) -> list[str]:
    """The word for a password with what people say between it and the password; "{}" stands for that."""
    words = LANGUAGES[language]
    gap = "" if any(map(is_joined, words.password)) and not language.startswith("Korean") else " "
    links = [word for word in words.link if word not in ("to", "now")]
    between = ["", *(gap + word for word in (*links, *words.mine))]
    between += [gap + mine + gap + link for mine, link in itertools.product(words.mine, words.link)]
    return [f"{word}{middle} {{}}" for word in words.password for middle in between]


@pytest.mark.parametrize("language", [name for name, words in LANGUAGES.items() if words.password])
def test_a_password_is_found_behind_what_each_language_says_before_it(language: str) -> None:
    for sentence, secret in itertools.product(_sentences(language), ("hunter22", "Sahara2024")):
        assert MASKER.mask_text(sentence.format(secret)) == sentence.format("[secret]")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("the password for the account is hunter22.", "the password for the account is [secret]."),
        ("password changed to hunter22", "password changed to [secret]"),
        ("I use hunter22 as my password", "I use [secret] as my password"),
        ("mot de passe « hunter22 »", "mot de passe « [secret] »"),
        ("мой пароль: «hunter22»", "мой пароль: «[secret]»"),
        ("ŞİFREM: hunter22", "ŞİFREM: [secret]"),
        ("PWはhunter22です", "PWは[secret]です"),
        ("密码改成了hunter22", "密码改成了[secret]"),
        ("كلمة المرور ١٢٣٤٥٦", "كلمة المرور ١٢٣٤٥٦"),
        ("كلمة المرور هي ١٢٣٤٥٦", "كلمة المرور هي [secret]"),
    ],
)
def test_a_told_password_is_masked_and_its_quotes_stay(text: str, masked: str) -> None:
    assert MASKER.mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "The password is 8 characters long.", "Your password is case-sensitive.", "password is out-of-date",
        "密码长度为8-16位", "密码错误，请在30分钟后重试", "密码使用AES256加密", "パスワードは8文字以上です",
        "パスワードをSHA256でハッシュ化", "비밀번호는 8자 이상이어야 합니다", "пароль должен содержать 8 символов",
        "mật khẩu phải có 8 ký tự", "password or username is invalid.|Ensure it is right",
    ],
)  # fmt: skip
def test_what_is_said_of_a_password_stays_as_it_is(text: str) -> None:
    assert MASKER.mask_text(text) == text
