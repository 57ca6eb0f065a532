// A program without a browser on openid-client, unmodified: signs in by device grant, refreshes, and signs out by
// revoking what it has. It says each step as one line of JSON.
import * as client from "openid-client";

const { ISSUER, CLIENT_ID } = process.env;
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
const say = (line) => console.log(JSON.stringify(line));

const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.None(), { execute });
const codes = await client.initiateDeviceAuthorization(config, { scope: "openid profile offline_access" });
say({ verification_uri: codes.verification_uri, user_code: codes.user_code });

try {
  const first = await client.pollDeviceAuthorizationGrant(config, codes);
  const { sub } = first.claims();
  say({ claims: first.claims(), userinfo: await client.fetchUserInfo(config, first.access_token, sub) });

  const second = await client.refreshTokenGrant(config, first.refresh_token);
  const isRotated = second.refresh_token !== first.refresh_token;
  say({ is_rotated: isRotated, userinfo: await client.fetchUserInfo(config, second.access_token, sub) });

  await client.tokenRevocation(config, second.refresh_token);
  await client.fetchUserInfo(config, second.access_token, sub).then(say, (error) => say({ refused: error.status }));
} catch (error) {
  say({ error: error.error ?? error.cause?.error ?? String(error) });
}
