// Reads requests as JSON from the standard input, and says of each whether the
// library takes it.
import { Webhook } from "standardwebhooks";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const verdicts = JSON.parse(text).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64").toString("utf8"), headers);
    return "good";
  } catch (err) {
    return String(err.message ?? err);
  }
});
process.stdout.write(JSON.stringify(verdicts));
