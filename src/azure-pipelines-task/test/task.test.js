'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { test } = require('node:test');

const SYSTEM = { 'linux-x64': 'linux-x64', 'linux-arm64': 'linux-arm64', 'darwin-arm64': 'osx-arm64' }[`${process.platform}-${process.arch}`];
const RELEASE = `/releases/v1.2.3/gke-to-aws-federation-1.2.3-${SYSTEM}.tar.gz`;
const token = `e30.${Buffer.from(JSON.stringify({ iss: 'https://vstoken.dev.azure.test/org', sub: 'sc://acme/infra/aws\n##vso[task.complete]', aud: 'api://AzureADTokenExchange' })).toString('base64url')}.c2ln`;

/** Ways to answer for the release. */
const whole = (answer, content) => answer.writeHead(200, { 'Content-Length': content.length }).end(content);
const truncated = (answer, content) => answer.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 100), () => answer.destroy());
const missing = answer => answer.writeHead(404).end();
const never = () => {};

/** The web: Azure DevOps and the release on one port, and a proxy to it, whatever machine it is asked for, on another. */
async function serve(content, given) {
  const requests = [];
  const ways = given.ways ?? [whole];
  const server = http.createServer((request, answer) => {
    const address = request.url.split('?')[0];
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    if (address === RELEASE) {
      ways[Math.min(requests.filter(line => line.includes(RELEASE)).length, ways.length) - 1](answer, content);
    } else if (address === '/oidc' && given.oidc !== false) {
      answer.end(JSON.stringify({ oidcToken: token }));
    } else {
      missing(answer);
    }
  });
  const tunnels = [];
  const proxy = http.createServer().on('connect', (request, socket) => {
    tunnels.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const through = net.connect(server.address().port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(through).pipe(socket);
    });
    for (const end of [socket, through]) end.on('error', () => { socket.destroy(); through.destroy(); });
  });
  for (const listener of [server, proxy]) {
    await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve));
  }

  return {
    requests, tunnels,
    web: `http://127.0.0.1:${server.address().port}`,
    proxy: `127.0.0.1:${proxy.address().port}`,
    close: () => { for (const listener of [server, proxy]) { listener.close(); listener.closeAllConnections(); } },
  };
}

/** Runs the task against a release whose host says what it was given, in a folder of its own or in one that is given. */
async function run(given = {}) {
  const folder = given.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'federation-task-'));
  let served;
  try {
    const packed = path.join(folder, 'packed');
    fs.mkdirSync(packed, { recursive: true });
    fs.writeFileSync(path.join(packed, 'Build'), `#!/bin/sh
for argument; do echo "argument <$argument>"; done
for name in INPUT_TARGET AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_SESSION_NAME GOOGLE_APPLICATION_CREDENTIALS; do eval "echo $name=\\$$name"; done
[ -z "$AWS_WEB_IDENTITY_TOKEN_FILE" ] || { ls -l "$AWS_WEB_IDENTITY_TOKEN_FILE"; }
[ -z "$GOOGLE_APPLICATION_CREDENTIALS" ] || cat "$GOOGLE_APPLICATION_CREDENTIALS"
exit ${given.exitCode ?? 0}
`, { mode: 0o755 });
    const archive = path.join(folder, 'release.tar.gz');
    if (!fs.existsSync(archive)) {
      assert.equal(spawnSync('tar', ['-czf', archive, '-C', packed, '.']).status, 0);
    }

    const content = fs.readFileSync(archive);
    const digest = crypto.createHash('sha256').update(content).digest('hex');
    served = await serve(content, given);
    const scenario = {
      inputs: { target: 'Verify', config: 'federation.yaml', cloud: 'live', workload: '', ...given.inputs },
      release: { version: '1.2.3', repository: 'https://github.test/acme/tool', archives: given.archives ?? { [SYSTEM]: given.digest ?? digest } },
    };
    const temp = path.join(folder, 'temp');
    fs.mkdirSync(temp, { recursive: true });
    const child = spawn(process.execPath, [path.join(__dirname, 'scenario.js')], {
      env: {
        PATH: given.path ? `${given.path}:${process.env.PATH}` : process.env.PATH,
        SCENARIO: JSON.stringify(scenario), AGENT_TEMPDIRECTORY: temp, AGENT_TOOLSDIRECTORY: path.join(folder, 'tools'),
        FEDERATION_RELEASES: `${served.web}/releases`, SYSTEM_OIDCREQUESTURI: `${served.web}/oidc`,
        ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"scheme":"OAuth","parameters":{"AccessToken":"job-token"}}', ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'job-token',
        ...(typeof given.environment === 'function' ? given.environment(served) : given.environment),
      },
    });
    let log = '';
    child.stdout.on('data', said => log += said);
    child.stderr.on('data', said => log += said);
    await new Promise(resolve => child.on('close', resolve));
    if (!given.path) {
      // The library keeps the key of its own vault there, and the proxy's password in it.
      assert.deepEqual(fs.readdirSync(temp).filter(name => !['.taskkey', 'proxy'].includes(name)), [], 'nothing is left behind');
    }

    return { ...served, log, succeeded: log.includes('##vso[task.complete result=Succeeded;]'), failed: log.includes('##vso[task.complete result=Failed;]') };
  } finally {
    served?.close();
    if (!given.folder) {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

const skip = SYSTEM ? false : 'no shell script runs as a host here';

test('the host of the release runs with the inputs as arguments', { skip }, async () => {
  const { log, succeeded, web } = await run({ inputs: { workload: 'a b,$(x) "', failOnDrift: 'true', config: '' } });
  assert.ok(succeeded, log);
  for (const argument of ['--target=Verify', '--config=', '--cloud=live', '--workload=a b,$(x) "', '--fail-on-drift=true']) {
    assert.ok(log.includes(`argument <${argument}>\n`), log);
  }
  assert.ok(!log.includes('--templates'), log);
  assert.ok(log.includes('INPUT_TARGET=Verify\n'), 'the host knows that it is a step');
  assert.ok(log.includes(`Fetching gke-to-aws-federation 1.2.3 for ${SYSTEM} from ${web}${RELEASE}\n`), log);
});

test('a host that fails fails the task, and has itself said why', { skip }, async () => {
  const { log, failed } = await run({ exitCode: 1 });
  assert.ok(failed, log);
  assert.ok(!log.includes('##vso[task.issue'), log);
});

test('a release with another digest fails, and nothing of it is run', { skip }, async () => {
  const { log, failed } = await run({ digest: '0'.repeat(64) });
  assert.ok(failed && log.includes('is expected. Nothing of it was run.'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('without a release for this system the task fails and says what to use', { skip }, async () => {
  const { log, failed } = await run({ archives: {} });
  assert.ok(failed && log.includes('federate.yml'), log);
});

test('an answer that breaks off, or is of a server in trouble, is asked for again', { skip }, async () => {
  const { log, succeeded, requests } = await run({ ways: [truncated, answer => answer.writeHead(503).end(), whole] });
  assert.ok(succeeded, log);
  assert.equal(requests.length, 3);
});

test('a server that says nothing is given up, and the error names it and what helps', { skip }, async () => {
  const { log, failed, requests, web } = await run({ ways: [never] });
  assert.ok(failed && log.includes(`${web}${RELEASE}: nothing came for 20 s. FEDERATION_RELEASES names a mirror`), log);
  assert.equal(requests.length, 4);
});

test('a release that is not there is asked for once, and the error names it', { skip }, async () => {
  const { log, failed, requests, web } = await run({ ways: [missing] });
  assert.ok(failed && log.includes(`${web}${RELEASE}: the answer is 404. FEDERATION_RELEASES names a mirror`), log);
  assert.equal(requests.length, 1);
});

test('a job that is killed while it unpacks leaves nothing that a later job takes for the host', { skip }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'federation-task-'));
  try {
    const programs = path.join(folder, 'replaced');
    fs.mkdirSync(programs);
    fs.writeFileSync(path.join(programs, 'tar'), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
    const killed = await run({ folder, path: programs });
    assert.ok(!killed.succeeded && !killed.failed, killed.log);
    fs.rmSync(path.join(folder, 'temp'), { recursive: true });
    const later = await run({ folder });
    assert.ok(later.succeeded && later.log.includes('argument <--target=Verify>'), later.log);
    const third = await run({ folder });
    assert.ok(third.succeeded && third.requests.length === 0, 'the complete host is fetched once');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('the proxy of the environment is taken, for tokens too, and NO_PROXY excepts from it', { skip }, async () => {
  const through = await run({
    inputs: { awsServiceConnection: 'sc-1' },
    environment: ({ proxy }) => ({
      FEDERATION_RELEASES: 'http://releases.test/releases', SYSTEM_OIDCREQUESTURI: 'http://azure.test/oidc', HTTP_PROXY: `http://${proxy}`,
      'ENDPOINT_AUTH_sc-1': '{"scheme":"None","parameters":{"role":"arn:aws:iam::111122223333:role/runner"}}',
    }),
  });
  assert.ok(through.succeeded, through.log);
  assert.deepEqual(through.tunnels, ['azure.test:80', 'releases.test:80']);
  for (const [entry, isExcepted] of [['127.0.0.1', true], ['.0.0.1', true], ['*', true], ['PORT', true], ['127.0.0.1:1', false], ['27.0.0.1', false]]) {
    const { log, succeeded, tunnels } = await run({
      environment: ({ web, proxy }) => ({ HTTP_PROXY: `http://${proxy}`, NO_PROXY: `other.example, ${entry === 'PORT' ? new URL(web).host : entry}` }),
    });
    assert.ok(succeeded, log);
    assert.equal(tunnels.length, isExcepted ? 0 : 1, entry);
  }
});

test("the agent's own proxy comes before the environment's, with its user and its exceptions", { skip }, async () => {
  const environment = more => ({ proxy }) => ({
    HTTP_PROXY: 'http://127.0.0.1:1', AGENT_PROXYURL: `http://${proxy}`, AGENT_PROXYUSERNAME: 'user', AGENT_PROXYPASSWORD: 'word', ...more,
  });
  const through = await run({ environment: environment({ FEDERATION_RELEASES: 'http://releases.test/releases' }) });
  assert.ok(through.succeeded, through.log);
  assert.deepEqual(through.tunnels, [`releases.test:80 Basic ${Buffer.from('user:word').toString('base64')}`]);
  const past = await run({ environment: environment({ AGENT_PROXYBYPASSLIST: '["127\\\\.0"]' }) });
  assert.ok(past.succeeded, past.log);
  assert.deepEqual(past.tunnels, []);
});

test('an AWS service connection with OIDC becomes a token file and a role, and the claims are shown', { skip }, async () => {
  const { log, succeeded, requests } = await run({ inputs: { awsServiceConnection: 'sc-1' }, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"None","parameters":{"role":"arn:aws:iam::111122223333:role/runner"}}' } });
  assert.ok(succeeded, log);
  assert.equal(requests[0], 'POST /oidc?api-version=7.1&serviceConnectionId=sc-1 Bearer job-token');
  assert.ok(log.includes('AWS_ROLE_ARN=arn:aws:iam::111122223333:role/runner\n'), log);
  assert.match(log, /-rw------- .*aws-token/);
  assert.ok(log.includes('subject sc://acme/infra/aws?#\\#vso[task.complete], audience api://AzureADTokenExchange'), log);
  assert.equal(log.split(token).length, 2, 'the token is named once, to be masked');
  assert.ok(log.includes(`##vso[task.setsecret]${token}`), log);
});

test('an AWS service connection that holds a key is refused', { skip }, async () => {
  const { log, failed } = await run({ inputs: { awsServiceConnection: 'sc-1' }, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"UsernamePassword","parameters":{"username":"AKIAEXAMPLE","password":"secret"}}' } });
  assert.ok(failed && log.includes('keys are not used here'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('an AWS service connection that is not there is named', { skip }, async () => {
  const { log, failed } = await run({ inputs: { awsServiceConnection: 'sc-2' } });
  assert.ok(failed && log.includes('There is no service connection sc-2'), log);
});

test('where no token is to be had, no other credentials are tried', { skip }, async () => {
  const { log, failed } = await run({ inputs: { awsServiceConnection: 'sc-1' }, oidc: false, environment: { 'ENDPOINT_AUTH_sc-1': '{"scheme":"None","parameters":{"role":"arn:aws:iam::111122223333:role/runner"}}' } });
  assert.ok(failed && log.includes('No other credentials are tried.'), log);
  assert.ok(!log.includes('argument <'), log);
});

test('a Google provider becomes a configuration without a key', { skip }, async () => {
  const { log, succeeded } = await run({ inputs: { googleWorkloadIdentityProvider: 'projects/1/locations/global/workloadIdentityPools/p/providers/a', googleServiceAccount: 'runner@acme.iam.gserviceaccount.com' } });
  assert.ok(succeeded, log);
  const configuration = JSON.parse(log.slice(log.indexOf('{"type":"external_account"'), log.indexOf(':generateAccessToken"}') + ':generateAccessToken"}'.length));
  assert.equal(configuration.audience, '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/a');
  assert.match(configuration.credential_source.file, /google-token$/);
  assert.ok(!('private_key' in configuration));
});
