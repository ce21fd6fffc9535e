// Posts what a list of cases names, with the fetch that Node brings.
import { readFileSync } from "node:fs";

const [address, cases] = process.argv.slice(2);
for (const line of readFileSync(cases, "utf8").trim().split("\n")) {
  const [name, file, media, key] = line.split("\t");
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": media, "X-API-Key": key },
    body: readFileSync(file),
  });
  console.log(`${name}\t${answer.status}\t${await answer.text()}`);
}
