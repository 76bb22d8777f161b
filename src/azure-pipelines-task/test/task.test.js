'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');

const SYSTEM = { 'linux-x64': 'linux-x64', 'linux-arm64': 'linux-arm64', 'darwin-arm64': 'osx-arm64' }[`${process.platform}-${process.arch}`];
const OIDC = 'https://dev.azure.test/acme/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken';
const token = `e30.${Buffer.from(JSON.stringify({ iss: 'https://vstoken.dev.azure.test/org', sub: 'sc://acme/infra/aws\n##vso[task.complete]', aud: 'api://AzureADTokenExchange' })).toString('base64url')}.c2ln`;

/** Runs the task against a release whose host says what it was given. */
function run(given = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'federation-task-'));
  try {
    const packed = path.join(folder, 'packed');
    fs.mkdirSync(packed);
    fs.writeFileSync(path.join(packed, 'Build'), `#!/bin/sh
for argument; do echo "argument <$argument>"; done
for name in AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_SESSION_NAME GOOGLE_APPLICATION_CREDENTIALS; do eval "echo $name=\\$$name"; done
[ -z "$AWS_WEB_IDENTITY_TOKEN_FILE" ] || { ls -l "$AWS_WEB_IDENTITY_TOKEN_FILE"; }
[ -z "$GOOGLE_APPLICATION_CREDENTIALS" ] || cat "$GOOGLE_APPLICATION_CREDENTIALS"
exit ${given.exitCode ?? 0}
`, { mode: 0o755 });
    const archive = path.join(folder, 'release.tar.gz');
    assert.equal(spawnSync('tar', ['-czf', archive, '-C', packed, '.']).status, 0);
    const digest = crypto.createHash('sha256').update(fs.readFileSync(archive)).digest('hex');
    const scenario = {
      inputs: { target: 'Verify', config: 'federation.yaml', cloud: 'live', workload: '', ...given.inputs },
      release: { version: '1.2.3', repository: 'https://github.test/acme/tool', archives: given.archives ?? { [SYSTEM]: given.digest ?? digest } },
      answers: {
        [`https://github.test/acme/tool/releases/download/v1.2.3/gke-to-aws-federation-1.2.3-${SYSTEM}.tar.gz`]: { file: archive },
        ...(given.oidc === false ? {} : { [OIDC]: { json: { oidcToken: token } } }),
      },
    };
    const temp = path.join(folder, 'temp');
    fs.mkdirSync(temp);
    const result = spawnSync(process.execPath, [path.join(__dirname, 'scenario.js')], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH, SCENARIO: JSON.stringify(scenario), AGENT_TEMPDIRECTORY: temp, AGENT_TOOLSDIRECTORY: path.join(folder, 'tools'),
        SYSTEM_OIDCREQUESTURI: OIDC, ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"scheme":"OAuth","parameters":{"AccessToken":"job-token"}}', ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'job-token',
        ...given.environment,
      },
    });
    // The library keeps the key of its own vault there.
    assert.deepEqual(fs.readdirSync(temp).filter(name => name !== '.taskkey'), [], 'nothing is left behind');
    return { log: result.stdout + result.stderr, succeeded: result.stdout.includes('##vso[task.complete result=Succeeded;]'), failed: result.stdout.includes('##vso[task.complete result=Failed;]') };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const skip = SYSTEM ? false : 'no shell script runs as a host here';

test('the host of the release runs with the inputs as arguments', { skip }, () => {
  const { log, succeeded } = run({ inputs: { workload: 'a b,$(x) "', failOnDrift: 'true', config: '' } });
  assert.ok(succeeded, log);
  for (const argument of ['--target=Verify', '--config=', '--cloud=live', '--workload=a b,$(x) "', '--fail-on-drift=true']) {
    assert.ok(log.includes(`argument <${argument}>\n`), log);
  }
  assert.ok(!log.includes('--templates'), log);
});

test('a host that fails fails the task, and has itself said why', { skip }, () => {
  const { log, failed } = run({ exitCode: 1 });
  assert.ok(failed, log);
  assert.ok(!log.includes('##vso[task.issue'), log);
});

test('a release with another digest fails, and nothing of it is run', { skip }, () => {
  const { log, failed } = run({ digest: '0'.repeat(64) });
  assert.ok(failed && log.includes('is expected. Nothing of it was run.'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('without a release for this system the task fails and says what to use', { skip }, () => {
  const { log, failed } = run({ archives: {} });
  assert.ok(failed && log.includes('federate.yml'), log);
});

test('an AWS service connection with OIDC becomes a token file and a role, and the claims are shown', { skip }, () => {
  const { log, succeeded } = run({ inputs: { awsServiceConnection: 'sc-1' }, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"None","parameters":{"role":"arn:aws:iam::111122223333:role/runner"}}' } });
  assert.ok(succeeded, log);
  assert.ok(log.includes(`fetch POST ${OIDC}?api-version=7.1&serviceConnectionId=sc-1 Bearer job-token`), log);
  assert.ok(log.includes('AWS_ROLE_ARN=arn:aws:iam::111122223333:role/runner\n'), log);
  assert.match(log, /-rw------- .*aws-token/);
  assert.ok(log.includes('subject sc://acme/infra/aws?#\\#vso[task.complete], audience api://AzureADTokenExchange'), log);
  assert.equal(log.split(token).length, 2, 'the token is named once, to be masked');
  assert.ok(log.includes(`##vso[task.setsecret]${token}`), log);
});

test('an AWS service connection that holds a key is refused', { skip }, () => {
  const { log, failed } = run({ inputs: { awsServiceConnection: 'sc-1' }, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"UsernamePassword","parameters":{"username":"AKIAEXAMPLE","password":"secret"}}' } });
  assert.ok(failed && log.includes('keys are not used here'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('where no token is to be had, no other credentials are tried', { skip }, () => {
  const { log, failed } = run({ inputs: { awsServiceConnection: 'sc-1' }, oidc: false, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"None","parameters":{"role":"arn:aws:iam::111122223333:role/runner"}}' } });
  assert.ok(failed && log.includes('No other credentials are tried.'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('a Google provider becomes a configuration without a key', { skip }, () => {
  const { log, succeeded } = run({ inputs: { googleWorkloadIdentityProvider: 'projects/1/locations/global/workloadIdentityPools/p/providers/a', googleServiceAccount: 'runner@acme.iam.gserviceaccount.com' } });
  assert.ok(succeeded, log);
  const configuration = JSON.parse(log.slice(log.indexOf('{"type":"external_account"'), log.indexOf(':generateAccessToken"}') + ':generateAccessToken"}'.length));
  assert.equal(configuration.audience, '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/a');
  assert.match(configuration.credential_source.file, /google-token$/);
  assert.ok(!('private_key' in configuration));
});
