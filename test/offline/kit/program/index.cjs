const pulumi = require("@pulumi/pulumi");
const command = require("@pulumi/command");
const random = require("@pulumi/random");
const tls = require("@pulumi/tls");

/** What differs between one run of the test and the next. */
const stage = JSON.parse(process.env.QUAI_TEST_STAGE ?? "{}");

const password = new random.RandomPassword("password", { length: 30, keepers: { on: stage.keeper ?? "first" } });
const key = new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const authority = new tls.SelfSignedCert("authority", {
    privateKeyPem: key.privateKeyPem,
    subject: { commonName: "Test CA" },
    isCaCertificate: true,
    validityPeriodHours: 1000,
    allowedUses: ["cert_signing"],
});
const given = pulumi.secret(stage.given ?? "given-by-the-user-in-secret");
const written = new command.local.Command("written", {
    create: stage.create ?? 'cat > "$QUAI_TEST_FOLDER/written"; echo done',
    delete: 'rm "$QUAI_TEST_FOLDER/written"',
    stdin: pulumi.interpolate`${password.result}|${given}`,
    environment: { SECRET: given, PLAIN: "plain", ...(stage.environment ?? {}) },
});
if (stage.wrong) new random.RandomPassword("wrong", { length: "x", special: "no" });
if (stage.imported) new random.RandomString("imported", { length: 8 }, { import: "abcd1234" });

module.exports = { password: password.result, certificate: authority.certPem, written: written.stdout, key: key.privateKeyPem };
