"""Words that tell of something private, by language: the most spoken languages, and those around them.

Each entry is a word or a phrase as it is written in a text or as the name of a field. Scripts without spaces between
words (Chinese, Japanese, Thai) are told by their characters: a word of theirs counts inside a run of letters too.
"""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import re
from typing import NamedTuple


class Words(NamedTuple):
    """What a language calls what is private, and how people write of themselves and to each other in it."""

    password: tuple[str, ...] = ()
    #: Codes of digits that open something.
    code: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    #: Names of fields that hold the name of a person, or a part of it.
    person: tuple[str, ...] = ()
    #: Names of fields as general as "name": a person's where the object speaks of one.
    name: tuple[str, ...] = ()
    #: Before a person's name at the beginning of a letter or a sentence.
    greeting: tuple[str, ...] = ()
    #: Before a person's name at the end of a letter.
    closing: tuple[str, ...] = ()
    #: Before the speaker's own name.
    i_am: tuple[str, ...] = ()
    #: Before a name wherever it stands.
    title: tuple[str, ...] = ()
    #: Between a word and what it names: "is".
    link: tuple[str, ...] = ()
    #: Before a colon and the name of a person: "customer".
    customer: tuple[str, ...] = ()
    #: Before a person's name, with a colon or without: "first name".
    named: tuple[str, ...] = ()
    #: Before the speaker's first and last name, and before much else: "I am".
    am: tuple[str, ...] = ()
    #: Behind a name, or around it, where it is said with respect: "Mr." in Chinese, Japanese, Korean.
    honorific: tuple[str, ...] = ()
    #: Behind a word: "my", "of mine".
    mine: tuple[str, ...] = ()


# fmt: off
LANGUAGES: dict[str, Words] = {
    "English": Words(
        customer=("customer", "customers", "client", "passenger", "passengers", "guest", "guests", "patient", "caller",
        "recipient", "sender", "cardholder", "card holder", "account holder", "policyholder", "policy holder", "requester",
        "requested by", "assigned to", "attendee", "attendees", "employee", "traveller", "traveler", "travellers",
        "travelers", "contact person", "primary contact", "attn", "c/o", "ship to", "bill to", "signed", "applicant",
        "tenant", "claimant", "driver", "beneficiary", "payee", "payer", "insured", "subscriber", "buyer", "contact", "user",
        "agent", "member", "owner"), am=("i'm", "i’m", "i am"), named=("first name", "last name", "full name", "middle name",
        "given name", "family name", "surname", "customer name", "passenger name", "guest name", "patient name",
        "billing name", "name on card", "name on booking", "name on the booking", "under the name of",
        "under the name", "in the name of", "name of the passenger", "name of the customer"),
        password=("password", "passcode", "passphrase", "pass word", "pwd", "pw", "my pass", "psw"),
        code=("pin", "otp", "totp", "passcode", "tan", "verification code", "one-time code", "one time code", "login code",
              "access code", "2fa code", "mfa code", "sms code", "unlock code", "recovery code", "pin code",
              "one-time passcode", "security pin"),
        phone=("phone", "telephone", "mobile", "phone number", "cell", "cell phone", "fax", "whatsapp", "tel"),
        greeting=("dear", "hi", "hello", "hey", "good morning", "good afternoon", "good evening"),
        closing=("best regards", "kind regards", "warm regards", "regards", "sincerely", "yours sincerely", "yours truly",
                 "yours faithfully", "best wishes", "many thanks", "cheers", "best", "thanks", "thank you"),
        i_am=("my name is", "my full name is", "my name's", "the name is", "the name's", "name of the passenger is"),
        title=("mr.", "mrs.", "ms.", "mr", "mrs", "ms", "dr", "prof", "mx"),
        link=("is", "was", "are", "to", "now", "changed to", "reset to", "set to", "updated to"),
    ),
    "Chinese": Words(
        honorific=("先生", "女士", "小姐"),
        customer=("客户", "客戶", "乘客", "旅客", "患者", "病人", "用户", "收货人", "寄件人", "持卡人", "顾客", "顧客"), am=("我是",),
        password=("密码", "密碼", "口令"), code=("验证码", "驗證碼", "动态码"),
        phone=("电话", "電話", "手机", "手機", "手机号", "手機號", "手机号码", "电话号码", "電話號碼", "联系电话", "聯絡電話", "联系方式"),
        person=("姓名", "真实姓名", "联系人", "收件人", "聯絡人"), name=("名字", "名称"),
        greeting=("尊敬的", "亲爱的", "親愛的", "您好", "你好"), closing=("此致", "敬上", "敬礼", "敬禮"),
        i_am=("我叫", "我的名字是", "我的名字叫", "我是叫"), link=("是", "为", "為", "改成了", "改成", "改为", "修改为", "修改成", "重置为", "设置为", "设为", "更新为", "变更为", "就是"),
    ),
    "Hindi": Words(
        customer=("ग्राहक", "यात्री", "मरीज", "प्राप्तकर्ता"),
        password=("पासवर्ड", "कूटशब्द"), code=("ओटीपी", "पिन"),
        phone=("फ़ोन", "फोन", "मोबाइल", "दूरभाष", "फ़ोन नंबर", "फोन नंबर", "मोबाइल नंबर"), name=("नाम",),
        person=("पूरा नाम", "ग्राहक का नाम", "उपनाम"), greeting=("प्रिय", "नमस्ते"), closing=("सादर", "धन्यवाद"),
        i_am=("मेरा नाम",), link=("है", "हैं"),
    ),
    "Spanish": Words(
        customer=("cliente", "clienta", "pasajero", "pasajera", "titular", "remitente", "destinatario", "paciente", "usuario",
        "huésped", "solicitante", "beneficiario", "contacto"), am=("soy",),
        password=("contraseña", "contrasena", "clave", "clave de acceso", "contraseña de acceso"), code=("código de verificación", "código de acceso", "código pin"),
        phone=("teléfono", "telefono", "móvil", "celular", "número de teléfono", "número de celular"),
        person=("nombre completo", "apellido", "apellidos", "primer nombre", "nombre del cliente", "nombre y apellidos"),
        name=("nombre",), greeting=("estimado", "estimada", "querido", "querida", "hola", "buenos días", "buenas tardes"),
        closing=("saludos", "saludos cordiales", "un saludo", "atentamente", "cordialmente"),
        i_am=("me llamo", "mi nombre es", "mi nombre completo es"), title=("sr.", "sra.", "señor", "señora"),
        link=("es", "era", "son"),
    ),
    "French": Words(
        customer=("client", "cliente", "passager", "passagère", "titulaire", "expéditeur", "destinataire", "patient",
        "patiente", "utilisateur", "voyageur", "bénéficiaire"), am=("je suis",),
        password=("mot de passe", "mdp"), code=("code de vérification", "code d'accès", "code pin"),
        phone=("téléphone", "portable", "tél", "numéro de téléphone", "numéro de portable"),
        person=("prénom", "nom de famille", "nom complet", "nom du client", "nom et prénom"), name=("nom",),
        greeting=("cher", "chère", "bonjour", "bonsoir", "salut"),
        closing=("cordialement", "bien cordialement", "bien à vous", "sincères salutations", "salutations"),
        i_am=("je m'appelle", "je m’appelle", "mon nom est"), title=("monsieur", "madame", "mme", "mlle"),
        link=("est", "était", "c'est", "c’est"),
    ),
    "Arabic": Words(
        customer=("العميل", "المسافر", "الراكب", "الزبون", "المريض", "المستلم", "المرسل", "صاحب الحساب"),
        password=("كلمة المرور", "كلمة السر", "الرقم السري", "كلمة مرور", "كلمة مروري", "كلمة سري", "كلمتي السرية", "الباسورد", "باسورد",
                  "باسوردي", "الرمز السري", "رمزي السري"), code=("رمز التحقق", "رمز الدخول"),
        phone=("هاتف", "الهاتف", "رقم الهاتف", "جوال", "الجوال", "رقم الجوال", "موبايل", "رقم الموبايل"),
        person=("الاسم الكامل", "اسم العميل", "الاسم الأول", "اسم العائلة", "اللقب"), name=("الاسم", "اسم"),
        greeting=("عزيزي", "عزيزتي", "السيد", "السيدة", "مرحبا"), closing=("مع التحية", "تحياتي", "مع خالص التحية"),
        i_am=("اسمي", "أنا اسمي"), link=("هو", "هي"), mine=("الخاصة بي", "الخاص بي", "لحسابي"),
    ),
    "Bengali": Words(
        customer=("গ্রাহক", "যাত্রী", "রোগী"),
        password=("পাসওয়ার্ড", "গোপন নম্বর"), code=("ওটিপি", "পিন"), phone=("ফোন", "মোবাইল", "ফোন নম্বর", "মোবাইল নম্বর"),
        person=("পুরো নাম", "পদবি"), name=("নাম",), greeting=("প্রিয়",), closing=("শুভেচ্ছা", "ধন্যবাদান্তে"),
        i_am=("আমার নাম",), link=("হল", "হলো"),
    ),
    "Portuguese": Words(
        customer=("cliente", "passageiro", "passageira", "titular", "paciente", "remetente", "destinatário", "usuário",
        "utente", "hóspede"), am=("sou",),
        password=("senha", "palavra-passe", "palavra passe"), code=("código de verificação", "código de acesso"),
        phone=("telefone", "celular", "telemóvel", "telemovel", "número de telefone", "número de celular"),
        person=("nome completo", "sobrenome", "apelido", "primeiro nome", "nome do cliente", "nome do passageiro"),
        name=("nome",), greeting=("prezado", "prezada", "caro", "cara", "olá", "oi", "bom dia", "boa tarde"),
        closing=("atenciosamente", "abraços", "cumprimentos", "com os melhores cumprimentos", "obrigado", "obrigada"),
        i_am=("meu nome é", "o meu nome é", "me chamo", "chamo-me"), title=("senhor", "senhora"), link=("é", "era", "são"),
    ),
    "Russian": Words(
        customer=("клиент", "клиентка", "пассажир", "заказчик", "получатель", "отправитель", "покупатель", "пациент",
        "контактное лицо", "сотрудник", "владелец", "гость"),
        password=("пароль", "пароля", "паролем", "кодовое слово"), code=("код подтверждения", "пин-код", "пин код"),
        phone=("телефон", "телефона", "тел", "мобильный", "номер телефона", "моб"),
        person=("имя", "фамилия", "отчество", "фио", "имя клиента", "полное имя"),
        greeting=("уважаемый", "уважаемая", "дорогой", "дорогая", "здравствуйте", "привет", "добрый день"),
        closing=("с уважением", "с наилучшими пожеланиями", "всего доброго"),
        i_am=("меня зовут", "моё имя", "мое имя"), title=("господин", "госпожа"), link=("это", "был", "была", "такой"),
    ),
    "Urdu": Words(
        customer=("گاہک", "مسافر", "صارف", "مریض"),
        password=("پاس ورڈ", "پاسورڈ", "خفیہ لفظ"), code=("تصدیقی کوڈ",), phone=("فون", "موبائل", "فون نمبر", "موبائل نمبر"),
        person=("پورا نام", "خاندانی نام"), name=("نام",), greeting=("محترم", "محترمہ", "پیارے"), closing=("والسلام", "خیر اندیش"),
        i_am=("میرا نام",), link=("ہے", "ہیں"),
    ),
    "Indonesian": Words(
        customer=("pelanggan", "penumpang", "nasabah", "penerima", "pengirim", "pasien", "tamu"),
        password=("kata sandi", "sandi", "kata laluan", "kata sandi saya", "sandi saya"), code=("kode verifikasi", "kode otp"),
        phone=("telepon", "ponsel", "nomor hp", "nomor telepon", "nomor ponsel", "telefon"),
        person=("nama lengkap", "nama depan", "nama belakang", "nama pelanggan", "nama penuh"), name=("nama",),
        greeting=("yth.", "yth", "halo", "hai"), closing=("hormat saya", "salam", "salam hangat"),
        i_am=("nama saya", "nama saya adalah"), title=("bapak", "ibu"), link=("adalah", "ialah", "yaitu"), mine=("saya", "aku", "ku", "kami"),
    ),
    "German": Words(
        customer=("kunde", "kundin", "fahrgast", "passagier", "ansprechpartner", "ansprechpartnerin", "kontoinhaber",
        "kontoinhaberin", "absender", "empfänger", "mitarbeiter", "benutzer", "gast", "reisender", "patient", "patientin",
        "auftraggeber", "besteller", "versicherter"),
        password=("passwort", "kennwort", "zugangscode", "losungswort", "passwörter"),
        code=("bestätigungscode", "zugangscode", "pin-code", "freischaltcode"),
        phone=("telefon", "telefonnummer", "handy", "handynummer", "rufnummer", "mobilnummer", "mobil", "festnetz"),
        person=("vorname", "nachname", "familienname", "kundenname", "vor- und nachname", "fahrgastname"),
        greeting=("sehr geehrter", "sehr geehrte", "lieber", "liebe", "hallo", "guten tag", "guten morgen", "moin"),
        closing=("mit freundlichen grüßen", "mit freundlichen grüssen", "freundliche grüße", "viele grüße", "beste grüße",
                 "liebe grüße", "herzliche grüße", "mfg", "gruß"),
        i_am=("mein name ist", "ich heiße", "ich heisse"), title=("herr", "herrn", "frau"), link=("ist", "war", "lautet", "heißt"),
    ),
    "Japanese": Words(
        honorific=("様", "と申", "さん"),
        customer=("お客様", "乗客", "顧客", "担当者", "ご担当", "担当", "患者", "受取人"),
        password=("パスワード", "暗証番号", "合言葉"), code=("確認コード", "認証コード"),
        phone=("電話", "電話番号", "携帯", "携帯電話", "携帯番号", "連絡先"),
        person=("氏名", "お名前", "姓名", "担当者名", "お客様名"), name=("名前",),
        greeting=("拝啓",), closing=("敬具", "よろしくお願いいたします"), i_am=("私の名前は", "名前は"), link=("は", "が"),
    ),
    "Marathi": Words(
        customer=("ग्राहक", "प्रवासी"),
        password=("पासवर्ड", "संकेतशब्द", "परवलीचा शब्द"), phone=("दूरध्वनी", "भ्रमणध्वनी"), person=("पूर्ण नाव", "आडनाव"),
                     name=("नाव",), i_am=("माझे नाव", "माझं नाव"), link=("आहे",)),
    "Telugu": Words(
        customer=("కస్టమర్", "ప్రయాణీకుడు", "వినియోగదారుడు"),
        password=("పాస్‌వర్డ్", "పాస్వర్డ్", "రహస్యపదం"), phone=("ఫోన్", "మొబైల్", "ఫోన్ నంబర్"),
                    person=("పూర్తి పేరు", "ఇంటి పేరు"), name=("పేరు",), i_am=("నా పేరు",)),
    "Turkish": Words(
        customer=("müşteri", "yolcu", "alıcı", "gönderen", "hasta", "hesap sahibi", "kullanıcı", "misafir"), am=("ben",),
        password=("şifre", "sifre", "parola", "şifrem", "sifrem", "parolam", "şifresi", "şifremiz", "parolası"), code=("doğrulama kodu", "onay kodu"),
        phone=("telefon", "cep", "cep telefonu", "telefon numarası", "gsm"),
        person=("ad soyad", "adı soyadı", "soyadı", "soyad", "isim soyisim"), name=("ad", "isim", "adı"),
        greeting=("sayın", "sevgili", "merhaba"), closing=("saygılarımla", "sevgiler", "saygılar"), i_am=("benim adım", "adım", "ismim"),
        title=("bay", "bayan"),
    ),
    "Tamil": Words(
        customer=("வாடிக்கையாளர்", "பயணி", "நோயாளி"),
        password=("கடவுச்சொல்", "கடவுச்சொல்லை", "பாஸ்வேர்ட்", "பாஸ்வேர்டு"), phone=("தொலைபேசி", "கைபேசி", "போன்"), person=("முழுப் பெயர்",),
                   name=("பெயர்",), greeting=("அன்புள்ள",), i_am=("என் பெயர்", "எனது பெயர்")),
    "Vietnamese": Words(
        customer=("khách hàng", "hành khách", "người nhận", "người gửi", "bệnh nhân", "chủ tài khoản"), am=("tôi là",),
        password=("mật khẩu", "mat khau"), code=("mã xác nhận", "mã xác thực", "mã otp"),
        phone=("điện thoại", "số điện thoại", "sđt", "di động"), person=("họ tên", "họ và tên", "tên khách hàng"), name=("tên",),
        greeting=("kính gửi", "chào", "xin chào"), closing=("trân trọng",), i_am=("tên tôi là", "tôi tên là", "tôi tên"),
        link=("là",), mine=("của tôi", "của em", "của mình", "của anh", "của chị"),
    ),
    "Korean": Words(
        honorific=("님", "저는"),
        customer=("고객", "승객", "환자", "담당자", "수령인", "보내는 사람"),
        password=("비밀번호", "암호", "패스워드", "비번"), code=("인증번호", "인증 번호"),
        phone=("전화", "전화번호", "휴대폰", "핸드폰", "연락처", "휴대폰번호"), person=("성명", "성함", "고객명", "예금주"), name=("이름",),
        i_am=("제 이름은", "내 이름은"), link=("는", "은"),
    ),
    "Persian": Words(
        customer=("مشتری", "مسافر", "گیرنده", "فرستنده", "بیمار"),
        password=("رمز عبور", "گذرواژه", "کلمه عبور", "کلمه ی عبور", "رمز عبورم", "پسورد", "پسوردم", "رمز من", "رمزم"), code=("کد تایید",), phone=("تلفن", "موبایل", "شماره تلفن", "شماره موبایل"),
        person=("نام خانوادگی", "نام و نام خانوادگی", "نام مشتری"), name=("نام",), greeting=("جناب آقای", "سرکار خانم", "سلام"), closing=("با احترام",),
        i_am=("نام من", "اسم من"), link=("است",), mine=("من",),
    ),
    "Italian": Words(
        customer=("cliente", "passeggero", "passeggera", "intestatario", "paziente", "mittente", "destinatario", "ospite",
        "utente"), am=("sono",),
        password=("password", "parola d'ordine", "parola chiave"), code=("codice di verifica", "codice pin"),
        phone=("telefono", "cellulare", "numero di telefono"), person=("cognome", "nome e cognome", "nome completo", "nome del cliente"),
        name=("nome",), greeting=("gentile", "egregio", "caro", "cara", "ciao", "buongiorno"),
        closing=("cordiali saluti", "distinti saluti", "saluti"), i_am=("mi chiamo", "il mio nome è"), title=("signor", "signora", "sig.", "sig.ra"),
        link=("è", "era", "sono"),
    ),
    "Swahili": Words(
        customer=("mteja", "abiria", "mpokeaji"),
        password=("nenosiri", "neno la siri", "neno langu la siri"), phone=("simu", "namba ya simu", "nambari ya simu"), person=("jina kamili",),
                     name=("jina",), greeting=("mpendwa",), i_am=("jina langu ni", "naitwa"), link=("ni",), mine=("langu", "yangu", "langu la siri")),
    "Hausa": Words(password=("kalmar sirri", "kalmar sirrina", "kalmar wucewa"), phone=("lambar waya", "waya"), person=("cikakken suna",), name=("suna",),
                   i_am=("sunana", "suna na"), link=("ce", "ita ce"), mine=("na", "ta")),
    "Punjabi": Words(password=("ਪਾਸਵਰਡ", "ਗੁਪਤ ਸ਼ਬਦ"), phone=("ਫ਼ੋਨ", "ਫੋਨ", "ਮੋਬਾਈਲ"), person=("ਪੂਰਾ ਨਾਮ",), name=("ਨਾਮ",), i_am=("ਮੇਰਾ ਨਾਮ",)),
    "Gujarati": Words(password=("પાસવર્ડ",), phone=("ફોન", "મોબાઇલ"), person=("પૂરું નામ",), name=("નામ",), i_am=("મારું નામ",)),
    "Javanese": Words(password=("tembung sandhi", "tembung sandi"), phone=("nomer telpon",), person=("jeneng lengkap",), name=("jeneng",),
                      i_am=("jenengku",)),
    "Thai": Words(
        customer=("ลูกค้า", "ผู้โดยสาร", "ผู้รับ", "ผู้ป่วย"),
        password=("รหัสผ่าน", "รหัสลับ"), code=("รหัสยืนยัน",), phone=("โทรศัพท์", "เบอร์โทร", "เบอร์โทรศัพท์", "มือถือ"),
                  person=("ชื่อนามสกุล", "นามสกุล", "ชื่อลูกค้า"), name=("ชื่อ",), greeting=("เรียน", "สวัสดี"), i_am=("ผมชื่อ", "ฉันชื่อ", "ดิฉันชื่อ"),
                  link=("คือ",), mine=("ของฉัน", "ของผม", "ของดิฉัน", "ของเรา")),
    "Polish": Words(
        customer=("klient", "klientka", "pasażer", "odbiorca", "nadawca", "pacjent"),
        password=("hasło", "hasła"), code=("kod weryfikacyjny",), phone=("telefon", "komórka", "numer telefonu", "nr tel"),
                    person=("imię", "nazwisko", "imię i nazwisko"), greeting=("szanowny", "szanowna", "drogi", "droga", "cześć", "witaj"),
                    closing=("z poważaniem", "pozdrawiam", "z wyrazami szacunku"), i_am=("nazywam się", "mam na imię"), title=("pan", "pani"),
                    link=("to", "jest", "brzmi")),
    "Dutch": Words(
        customer=("klant", "passagier", "ontvanger", "afzender", "patiënt", "reiziger"),
        password=("wachtwoord",), code=("verificatiecode", "toegangscode"), phone=("telefoon", "mobiel", "telefoonnummer", "gsm"),
                   person=("voornaam", "achternaam", "klantnaam"), name=("naam",), greeting=("beste", "geachte", "hallo", "hoi"),
                   closing=("met vriendelijke groet", "met vriendelijke groeten", "groeten", "vriendelijke groet", "mvg"),
                   i_am=("mijn naam is", "ik heet"), title=("meneer", "mevrouw", "dhr.", "mevr."), link=("is", "was")),
    "Ukrainian": Words(
        customer=("клієнт", "пасажир", "замовник", "отримувач"),
        password=("пароль", "паролю"), phone=("телефон", "номер телефону"), person=("ім'я", "ім’я", "прізвище", "піб"),
                       greeting=("шановний", "шановна", "доброго дня", "добрий день", "вітаю", "привіт"), closing=("з повагою",), i_am=("мене звати",)),
    "Romanian": Words(password=("parola", "parolă"), phone=("telefon", "mobil"), person=("prenume", "nume de familie", "nume complet"),
                      name=("nume",), greeting=("dragă", "stimate"), closing=("cu stimă",), i_am=("mă numesc", "numele meu este"), link=("este",), mine=("mea",)),
    "Greek": Words(password=("κωδικός πρόσβασης", "συνθηματικό", "κωδικός μου"), phone=("τηλέφωνο", "κινητό"), person=("ονοματεπώνυμο", "επώνυμο"),
                   name=("όνομα",), greeting=("αγαπητέ", "αγαπητή", "αξιότιμε", "αξιότιμη", "γεια σου", "γεια σας"), closing=("με εκτίμηση",), i_am=("με λένε", "ονομάζομαι"), link=("είναι",), mine=("μου",)),
    "Hebrew": Words(password=("סיסמה", "סיסמא", "הסיסמה", "הסיסמא", "סיסמתי"), phone=("טלפון", "נייד"), person=("שם מלא", "שם משפחה", "שם פרטי"), name=("שם",),
                    greeting=("שלום", "היי", "לכבוד"), closing=("בברכה",), i_am=("שמי", "קוראים לי"), link=("היא", "הוא"), mine=("שלי",)),
    "Swedish": Words(password=("lösenord", "lösenordet"), phone=("telefon", "mobilnummer"), person=("förnamn", "efternamn"), greeting=("hej",),
                     closing=("med vänliga hälsningar", "vänliga hälsningar", "mvh"), i_am=("jag heter", "mitt namn är"), link=("är",)),
    "Czech": Words(password=("heslo",), phone=("telefon", "mobil"), person=("jméno a příjmení", "příjmení"), name=("jméno",),
                   greeting=("vážený", "vážená", "milý", "milá", "dobrý den", "ahoj"), closing=("s pozdravem",), i_am=("jmenuji se",), link=("je",)),
    "Hungarian": Words(password=("jelszó", "jelszava", "jelszavam"), phone=("telefonszám", "mobilszám"), person=("vezetéknév", "keresztnév", "teljes név"),
                       name=("név",), greeting=("kedves", "tisztelt", "szia"), closing=("üdvözlettel",)),
    "Finnish": Words(password=("salasana", "salasanani"), phone=("puhelin", "puhelinnumero"), person=("etunimi", "sukunimi"), name=("nimi",),
                     greeting=("hyvä", "hei", "moi"), closing=("terveisin",), i_am=("nimeni on",), link=("on",)),
    "Norwegian": Words(mine=("mitt",), password=("passord", "passordet"), phone=("mobilnummer",), person=("fornavn", "etternavn"), greeting=("hei", "kjære"), i_am=("jeg heter",), link=("er",)),
    "Danish": Words(password=("adgangskode", "adgangskoden", "kodeord", "kodeordet"), phone=("telefonnummer",), person=("fornavn", "efternavn"), greeting=("hej", "kære"), i_am=("jeg hedder", "mit navn er"),
                    closing=("venlig hilsen", "med venlig hilsen", "mvh"), link=("er",)),
    "Kannada": Words(password=("ಪಾಸ್‌ವರ್ಡ್", "ಪಾಸ್ವರ್ಡ್", "ಗುಪ್ತಪದ"), phone=("ಫೋನ್", "ಮೊಬೈಲ್"), name=("ಹೆಸರು",), i_am=("ನನ್ನ ಹೆಸರು",)),
    "Malayalam": Words(password=("പാസ്‌വേഡ്", "പാസ്വേഡ്", "പാസ്‌വേർഡ്"), phone=("ഫോൺ", "മൊബൈൽ"), name=("പേര്",), i_am=("എന്റെ പേര്",)),
    "Nepali": Words(i_am=("मेरो नाम",), link=("हो",)),
    "Sinhala": Words(password=("මුරපදය",), phone=("දුරකථන",)),
    "Burmese": Words(password=("စကားဝှက်",), link=("မှာ", "သည်")),
    "Khmer": Words(password=("ពាក្យសម្ងាត់",), link=("គឺ",), mine=("របស់ខ្ញុំ",)),
    "Amharic": Words(password=("የይለፍ ቃል", "የይለፍ ቃሌ"), phone=("ስልክ",)),
    "Tagalog": Words(link=("ay",), mine=("ko",), i_am=("ang pangalan ko ay",)),
    "Malay": Words(password=("kata laluan",), i_am=("nama saya ialah",)),
    "Bulgarian": Words(password=("парола", "паролата"), mine=("ми",), link=("е",), i_am=("казвам се",)),
    "Serbian": Words(password=("лозинка", "lozinka"), link=("је", "je"), i_am=("zovem se", "зовем се")),
    "Croatian": Words(password=("zaporka",)),
    "Lithuanian": Words(password=("slaptažodis",), link=("yra",)),
    "Estonian": Words(password=("parool",), link=("on",)),
    "Catalan": Words(password=("contrasenya",), link=("és",), i_am=("em dic",)),
    "Azerbaijani": Words(password=("şifrəm", "şifrə", "parolum")),
    "Kazakh": Words(password=("құпия сөз", "құпиясөз", "құпия сөзім")),
    "Uzbek": Words(password=("parolim",), i_am=("mening ismim",)),
    "Georgian": Words(password=("პაროლი", "პაროლია")),
    "Armenian": Words(password=("գաղտնաբառ", "գաղտնաբառը")),
    "Yoruba": Words(password=("ọrọ aṣínà", "ọ̀rọ̀ aṣínà"), mine=("mi",), link=("ni",)),
}

#: Months and days in the languages whose names of people they are as well: "April", "Summer", "Dimanche".
CALENDAR = frozenset((
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "januar", "februar", "märz", "mai", "juni", "juli", "oktober", "dezember",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "domingo",
))
# fmt: on

#: Thai, Lao, Khmer, Chinese, Japanese: words are written without spaces between them.
WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def terms(field: str) -> tuple[str, ...]:
    """All words of all languages for one thing, the longest first, each once.

    >>> "mot de passe" in terms("password"), "密码" in terms("password")
    (True, True)
    """
    found = {word for words in LANGUAGES.values() for word in getattr(words, field)}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))
