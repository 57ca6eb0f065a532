// npm oidc-provider in memory, with the clients that CLIENTS names: what gongpai is compared with.
// Everybody who comes is lisi, and agrees to everything at once.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const CLAIMS = {
  name: "李四",
  preferred_username: "lisi",
  groups: ["dept:4", "dept:5"],
  wecom_corpid: "wwgongpaidemo",
  updated_at: 1790000000,
};

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
// As long as gongpai keeps an idle connection.
const server = createServer({ keepAliveTimeout: 75_000 });
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: JSON.parse(process.env.CLIENTS),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
    // It takes a request by POST only if its cookies may come along from other sites.
    cookies: { keys: ["of tests only"], long: { sameSite: "none" }, short: { sameSite: "none" } },
    enableHttpPostMethods: true,
    scopes: ["openid", "offline_access"],
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username", "wecom_corpid", "updated_at"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true },
    },
    pkce: { required: (ctx, client) => client.clientId !== "legacy" },
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...CLAIMS }) }),
    async loadExistingGrant(ctx) {
      const { client, session, params } = ctx.oidc;
      const known = session.grantIdFor(client.clientId);
      const living = known && (await provider.Grant.find(known));
      if (living) return living;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(params.scope ?? "openid");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    return provider.interactionFinished(request, response, { login: { accountId: "lisi" } });
  });
  console.log(issuer);
});
