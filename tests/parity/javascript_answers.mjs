// Has the AWS SDK for JavaScript answer cases; see judges.Foreign.

import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const [, , folder] = process.argv;
const { DatabaseMigrationServiceClient, DescribeConnectionsCommand,
        paginateDescribeConnections } =
    createRequire(`${folder}/`)('@aws-sdk/client-database-migration-service');

class Sent extends Error {}

function setEnvironment(environment) {
    for (const name of Object.keys(process.env))
        delete process.env[name];
    Object.assign(process.env, environment);
}

/** What comes of listing all connections. */
async function converse({ environment, endpoint }) {
    setEnvironment(environment);
    const client = new DatabaseMigrationServiceClient({ endpoint });
    let connections = 0;
    try {
        for await (const page of paginateDescribeConnections({ client }, {}))
            connections += (page.Connections ?? []).length;
        return { connections };
    } catch (error) {
        const status = error.$metadata?.httpStatusCode;
        // The SDK's own names for what has none.
        const code = /^(Unknown|UnknownError|Error)$/.test(error.name)
            ? String(status ?? '') : error.name;
        const text = String(error.message).split('\n')[0];
        return { code, text: text === 'UnknownError' ? '' : text };
    } finally {
        client.destroy();
    }
}

async function answer({ environment, profile, region }) {
    setEnvironment(environment);
    const seen = {};
    try {
        const client = new DatabaseMigrationServiceClient({
            ...(profile && { profile }), ...(region && { region }), maxAttempts: 1,
        });
        // Nothing goes out: what would have is the answer.
        client.middlewareStack.add(() => async ({ request }) => {
            const found = /Credential=([^/]*)\/[^/]*\/([^/]*)\//.exec(
                request.headers.authorization);
            Object.assign(seen, { host: request.hostname, key: found[1],
                                  region: found[2] });
            throw new Sent();
        }, { step: 'deserialize', priority: 'low', name: 'take' });
        await client.send(new DescribeConnectionsCommand({})).catch((error) => {
            if (!(error instanceof Sent))
                throw error;
        });
        const { expiration } = await client.config.credentials();
        seen.until = expiration && !Number.isNaN(expiration.getTime())
            ? expiration.toISOString().replace(/\.\d+Z/, 'Z') : String(expiration ?? '');
        seen.until ||= null;
        return seen;
    } catch (error) {
        return { refused: `${error.name}: ${error.message}` };
    }
}

// The SDK may say something, too.
console.warn = console.info = console.debug = () => {};
for (const one of JSON.parse(await text(process.stdin)))
    process.stdout.write(
        `${JSON.stringify(await (one.endpoint ? converse : answer)(one))}\n`);
