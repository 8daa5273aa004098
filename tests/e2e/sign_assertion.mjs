// Signs an assertion with Node's own cryptography: nothing of it is shared with the service.
// Usage: node sign_assertion.mjs '{"kid": …, "claims": …}'; prints the key set, then the JWT.
import { generateKeyPairSync, sign } from "node:crypto";

const { kid, claims } = JSON.parse(process.argv[2]);
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
const keys = [{ ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES384" }];
const part = (document) => Buffer.from(JSON.stringify(document)).toString("base64url");

console.log(JSON.stringify({ keys }));
for await (const clientId of process.stdin) {
  const told = { ...claims, iss: String(clientId).trim(), sub: String(clientId).trim() };
  const signed = `${part({ alg: "ES384", typ: "JWT", kid })}.${part(told)}`;
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" };
  console.log(`${signed}.${sign("sha384", Buffer.from(signed), key).toString("base64url")}`);
  break;
}
