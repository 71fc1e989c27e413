// A Vendure shop for tests: an empty database, and the webhook plugin merchants are given.
//
// Told by the environment: VENDURE_PORT, VENDURE_DATABASE (a file, or postgresql://...), VENDURE_LOGIN, VENDURE_PASSWORD,
// VENDURE_PLUGIN (the plugin's file), VENDURE_TOKEN_METHOD (bearer or cookie), VENDURE_QUEUE (down, or not given),
// VENDURE_FIELDS (JSON, instead of the custom fields below), ISTHMUS_WEBHOOK_URL, ISTHMUS_WEBHOOK_SECRET.
'use strict';
require('reflect-metadata');
const core = require('@vendure/core');

const told = process.env;
const { IsthmusWebhook } = require(told.VENDURE_PLUGIN);
const ours = { type: 'string', nullable: true, public: false };
const FIELDS = {
    Order: [{ name: 'erpRef', ...ours }, { name: 'giftNote', type: 'text', nullable: true }],
    ProductVariant: [{ name: 'erpRef', ...ours, unique: true }],
    Fulfillment: [{ name: 'erpRef', ...ours }],
};

if (told.VENDURE_QUEUE === 'down') {
    // The plugin's queue takes nothing, as when its database is away.
    const { add } = core.JobQueue.prototype;
    core.JobQueue.prototype.add = function (...job) {
        return this.name === 'isthmus-webhook' ? Promise.reject(new Error('the queue is down')) : add.apply(this, job);
    };
}

/** A file is SQLite's, an address PostgreSQL's. */
function database(name) {
    return name.startsWith('postgresql:')
        ? { type: 'postgres', synchronize: true, url: name }
        : { type: 'better-sqlite3', synchronize: true, database: name };
}

async function main() {
    const app = await core.bootstrap({
        logger: new core.DefaultLogger({ level: core.LogLevel.Warn, timestamp: false }),
        apiOptions: {
            port: Number(told.VENDURE_PORT),
            hostname: '127.0.0.1',
            adminApiPath: 'admin-api',
            shopApiPath: 'shop-api',
        },
        authOptions: {
            tokenMethod: told.VENDURE_TOKEN_METHOD === 'cookie' ? 'cookie' : ['bearer', 'cookie'],
            superadminCredentials: { identifier: told.VENDURE_LOGIN, password: told.VENDURE_PASSWORD },
            cookieOptions: { secret: 'cookies-of-a-shop-for-tests' },
            requireVerification: false,
        },
        customFields: told.VENDURE_FIELDS ? JSON.parse(told.VENDURE_FIELDS) : FIELDS,
        dbConnectionOptions: database(told.VENDURE_DATABASE),
        paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
        plugins: [
            core.DefaultJobQueuePlugin.init({
                pollInterval: 50,
                concurrency: 5,
                // A second, two, four, ... at most a minute: without it a receiver that is down keeps the shop busy.
                backoffStrategy: (_queue, attempts) => Math.min(60_000, 1000 * 2 ** (attempts - 1)),
            }),
            IsthmusWebhook,
        ],
    });
    await app.get(core.JobQueueService).start();
    process.stdout.write('ready\n');
}

main().catch(failure => {
    process.stderr.write(`${failure.stack}\n`);
    process.exit(1);
});
