// Tells Isthmus what changed in this shop. Vendure 3.5; one file, no further packages.
//
// Add it to `plugins` in vendure-config and set ISTHMUS_WEBHOOK_URL and ISTHMUS_WEBHOOK_SECRET (see vendure.md). What is
// sent names records and holds nothing about people: Isthmus reads the record itself.
'use strict';
require('reflect-metadata');
const { createHmac, randomUUID } = require('node:crypto');
const core = require('@vendure/core');

const QUEUE = 'isthmus-webhook';
const ANSWER_MS = 10_000;
const RETRIES = 20;

const listed = found => (Array.isArray(found) ? found : [found]).filter(Boolean);
const orders = some => ({ orderIds: some.map(order => String(order.id)) });
// Carts change all the time; nobody is told of those.
const placed = order => (order && order.orderPlacedAt ? orders([order]) : undefined);
const variants = event => ({ variantIds: listed(event.entity).map(variant => String(variant.id)) });
const levels = event => ({
    levels: event.stockMovements.map(move => ({
        variantId: String(move.productVariant.id),
        stockLocationId: String(move.stockLocationId),
    })),
});
const ABOUT_ORDERS = [
    [core.OrderStateTransitionEvent, 'order.state'],
    [core.OrderEvent, 'order.updated'],
    [core.OrderLineEvent, 'order.updated'],
    [core.PaymentStateTransitionEvent, 'payment.state'],
    [core.RefundEvent, 'refund.created'],
    [core.RefundStateTransitionEvent, 'refund.state'],
];

class IsthmusWebhook {
    constructor(bus, jobs, connection) {
        this.bus = bus;
        this.jobs = jobs;
        this.connection = connection;
    }

    async onApplicationBootstrap() {
        if (!process.env.ISTHMUS_WEBHOOK_URL || !process.env.ISTHMUS_WEBHOOK_SECRET) {
            core.Logger.warn('ISTHMUS_WEBHOOK_URL or ISTHMUS_WEBHOOK_SECRET is not set: nothing is told', QUEUE);
            return;
        }
        const queue = await this.jobs.createQueue({ name: QUEUE, process: job => send(job.data) });
        const tell = (kind, topic, said) =>
            this.bus.ofType(kind).subscribe(async event => {
                // An error nobody hears would end the whole process. Isthmus finds the change by asking.
                try {
                    const named = await said(event);
                    if (named) {
                        const job = { eventId: randomUUID(), topic: topic(event), at: event.createdAt.toISOString() };
                        await queue.add({ ...job, ...named }, { retries: RETRIES });
                    }
                } catch (failure) {
                    core.Logger.error(`${topic(event)} is not told: ${failure.message}`, QUEUE, failure.stack);
                }
            });
        const always = name => () => name;

        tell(core.OrderPlacedEvent, always('order.placed'), event => orders([event.order]));
        for (const [kind, name] of ABOUT_ORDERS) {
            tell(kind, always(name), event => placed(event.order));
        }
        tell(core.FulfillmentStateTransitionEvent, always('fulfillment.state'), event => this.shipped(event));
        tell(core.StockMovementEvent, always('stock.moved'), levels);
        tell(core.ProductVariantEvent, event => `variant.${event.type}`, variants);
    }

    /** A fulfillment does not name its orders: they are looked up. */
    async shipped(event) {
        const found = await this.connection
            .getRepository(event.ctx, core.Fulfillment)
            .findOne({ where: { id: event.fulfillment.id }, relations: { orders: true } });
        return found ? orders(found.orders) : undefined;
    }
}

/** Send one event, signed; a refusal makes the job queue try again. */
async function send(event) {
    const body = JSON.stringify(event);
    // The time is that of the sending, so that a delivery tried again is not taken for an old one.
    const time = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', process.env.ISTHMUS_WEBHOOK_SECRET)
        .update(`${event.eventId}.${time}.${body}`)
        .digest('base64');
    const answer = await fetch(process.env.ISTHMUS_WEBHOOK_URL, {
        method: 'POST',
        body,
        headers: {
            'content-type': 'application/json',
            'webhook-id': event.eventId,
            'webhook-timestamp': time,
            'webhook-signature': `v1,${signature}`,
        },
        signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!answer.ok) {
        throw new Error(`Isthmus answered ${answer.status}`);
    }
}

// What decorators would say, without a compiler.
Reflect.defineMetadata(
    'design:paramtypes',
    [core.EventBus, core.JobQueueService, core.TransactionalConnection],
    IsthmusWebhook,
);
core.VendurePlugin({ imports: [core.PluginCommonModule], compatibility: '^3.0.0' })(IsthmusWebhook);

module.exports = { IsthmusWebhook };
