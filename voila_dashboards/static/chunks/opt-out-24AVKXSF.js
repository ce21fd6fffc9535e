import{a}from"./chunk-T46HWI3K.js";import"./chunk-3UPWMBOD.js";import"./chunk-SOITUGM3.js";import{a as s}from"./chunk-BNJLGSRU.js";import{Fa as n,j as e}from"./chunk-4K3URXBC.js";var r={"":`**In short.** You decide in your own environment how much leaves: everything masked, no text of a trace, figures and
short texts only, or nothing. The provider cannot change that from afar. The
provider can keep less than you send, or nothing, keeps it for as long
as was agreed, and deletes a ticket, a person or all of it when asked, with a receipt.`,"In your workflow":"| to | set |\n|---|---|\n| send nothing | `CASELOG_LEVEL=OFF` |\n| send figures and short texts only: ticket id, status, category, times; metrics, with texts of at most 256 letters; own fields that are numbers, flags or at most 100 letters; all of it masked, and no part of a trace | `CASELOG_LEVEL=METRICS_ONLY` |\n| take out what people and models said to each other | `CASELOG_MASK=bodies`: no text of a trace stays, whoever said it, also none that tools were given or gave back and no message of an error; each is replaced by `[body: N characters]` |\n| take out what only you know to be private | `caselog.set_mask(...)`, which is asked about every value; where it fails, the value is not sent |\n| leave names, telephone numbers or IBANs readable | `CASELOG_MASK=-names,-phones,-ibans` |\n| leave out a single ticket | do not hand its log over; `record_runs()` records every run of a program, so do not call it there |\n\n- With `bodies` there stay in a trace: names (of at most five words) of steps, agents, tools, models and fields; ids,\n  kinds, statuses, times, numbers; and of stack traces the files, lines and functions. Fields of your own stay, but for\n  conversations and for fields whose name ends in `question`, `prompt`, `answer`, `reply`, `response` or `completion`.\n- Secrets, cards and e-mail addresses cannot be left readable.\n- A word that is no level counts as `METRICS_ONLY`; a word that is no mask takes the bodies out too. A line on standard\n  error says so.\n- The variables are read when the first log is shipped: restart the workflow after a change.\n- Whatever the server answers, the next log holds no more than your settings allow.\n- `python -m caselog preview FILE` shows what leaves with the settings as they are.","At the provider's server":`\`\`\`bash
caselog clients set acme --level METRICS_ONLY     # figures and short texts are kept, whatever is sent
caselog clients set acme --level OFF              # nothing, and workflows do not notice
caselog clients remove acme                       # nothing: logs are refused
caselog keys revoke KEY_ID                        # nothing with this key; \`caselog keys list\` has the ids
\`\`\`

- \`METRICS_ONLY\` takes the trace, and fields of your own that are longer than 100 letters, off each log on arrival: they
  are never stored. The small fields, the metrics, and what was counted of the trace stay.
- \`OFF\` takes each log and stores nothing of it, without looking at it, however large, slow or wrong it is. The SDK
  counts no loss and keeps nothing back.
- Either holds for every log whose last byte arrives after a few seconds (\`CASELOG_COLLECTOR_KEY_CACHE_TTL_S\`, 5 where
  nothing is said), also where its first one arrived before.
  Traces that were stored before stay until their time is over or they are deleted.
- Without a key that works, or of a client that was removed, logs are refused, and nothing of them is stored; what was
  stored before stays.
- A workflow with \`CASELOG_SPOOL_DIR\` keeps what was refused so on its own disk for up to a week, and sends it with the
  next key that works.`,"How long it is kept":`\`\`\`bash
caselog clients set acme --keep-logs 400 --keep-traces 90
\`\`\`

- Where nothing is said, logs are kept for ever.
- Logs go after their days, counted from when the ticket ran, and traces sooner where that is said.
- When a trace has gone, the figures of its log stay until the log goes.
- What arrives too old is not kept.
- It is done by the ETL, a program of the provider's, once a day, and with its next upkeep when the setting was changed;
  the files behind it leave the bucket a day or two later.

Retention and deletion has the details.`,"Deletion, with a receipt":`\`\`\`bash
caselog delete ticket T-1001 --client acme --why "asked by acme" --yes
caselog delete subject --email - --hash-key-file keys.txt --why "asked by the person" --yes < address.txt
caselog delete client acme --why "contract ended" --yes
\`\`\`

- A **ticket**, a **person** or a whole **client** is removed from everything that is stored: logs, traces, the tables
  made of them, what was set aside; at once, and checked by reading again. Other clients' data are not touched.
- A person is found by the e-mail address and by its hash. For the hash the command needs the key of the hashes, or the
  client says the hash and keeps its key. A name or a telephone number is not looked for.
- What was deleted stays away when it is sent again.
- The receipt says what was removed, why, by whom, when, and how it was checked, and names nobody in clear; who knows
  the ticket or the address can check that it is theirs. A receipt that was changed is told from a true one.
- It also says what could not be looked at, and what is out of reach: copies that
  somebody made, older versions that a bucket keeps, your own systems.
- Without \`--yes\` a deletion only says what it would remove.`};function i(){return e(n,{children:Object.entries(r).map(([t,o])=>t?e(a,{summary:t,children:e(s,{text:o,isOwn:!0})},t):e(s,{text:o,isOwn:!0},"summary"))})}export{i as default};
