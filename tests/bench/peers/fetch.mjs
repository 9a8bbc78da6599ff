/* SPDX-License-Identifier: MIT */
// Send a file as a Node program would: fetch.mjs URL FILE COUNT
// The certificate comes from NODE_EXTRA_CA_CERTS.
import { readFile } from "node:fs/promises";

const [url, path, count] = process.argv.slice(2);
const headers = {
  Authorization: "Bearer sk-bench",
  "Content-Type": "application/json",
};
for (let i = 0; i < Number(count); i++) {
  const image = (await readFile(path)).toString("base64");
  const body = JSON.stringify({ image });
  const answer = await fetch(url, { method: "POST", headers, body });
  if ((await answer.json()).code !== 0) process.exit(1);
}
