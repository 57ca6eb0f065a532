// A relying party on openid-client, unmodified: signs its visitor in and shows, as JSON, what it came to know.
import { createServer } from "node:http";

import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PARTY_URL } = process.env;
// The second one verifies signatures: by itself the library trusts what comes from the token endpoint over TLS.
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, { execute });
let trip, tokens;

async function login(isPushed) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  trip = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const parameters = {
    redirect_uri: `${PARTY_URL}/callback`,
    scope: "openid profile email groups offline_access",
    state: trip.expectedState,
    nonce: trip.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  };
  if (isPushed) return client.buildAuthorizationUrlWithPAR(config, parameters);
  return client.buildAuthorizationUrl(config, parameters);
}

async function callback(url) {
  tokens = await client.authorizationCodeGrant(config, url, { ...trip, idTokenExpected: true });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  return { claims, userinfo };
}

async function refresh() {
  const before = tokens;
  tokens = await client.refreshTokenGrant(config, before.refresh_token);
  const { sub } = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub);
  const isRotated = tokens.refresh_token !== before.refresh_token;
  return { is_rotated: isRotated, userinfo };
}

async function revoke() {
  const before = await client.tokenIntrospection(config, tokens.access_token);
  await client.tokenRevocation(config, tokens.access_token);
  return { before, after: await client.tokenIntrospection(config, tokens.access_token) };
}

function logout() {
  return client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: `${PARTY_URL}/bye`,
    state: "see-you",
  });
}

const pages = {
  "/": () => config.serverMetadata(),
  "/login": () => login(false),
  "/login-pushed": () => login(true),
  "/callback": callback,
  "/refresh": refresh,
  "/revoke": revoke,
  "/logout": logout,
  "/bye": (url) => ({ state: url.searchParams.get("state") }),
};

createServer(async (request, response) => {
  const url = new URL(request.url, PARTY_URL);
  try {
    const answer = await pages[url.pathname](url);
    if (answer instanceof URL) response.writeHead(302, { location: answer.href }).end();
    else response.end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error.stack));
  }
}).listen(new URL(PARTY_URL).port, "127.0.0.1");
