// An answer of healthcode_status as docs/directives.md has it, with what no gate
// can be made to say in a minute: an hour, an outage, a sunset, old data.
// docs/monitoring/page.md.

// In the middle of a minute, which none of the tests then sees end.
const minute = Math.floor(Date.now() / 60000) * 60;
const now = minute + 30;

// The same numbers each time.
function dice(seed) {
    return () => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed / 2147483648;
    };
}

function minutes(isOut) {
    const random = dice(7);
    const rows = [];
    for (let i = 60; i >= 0; i--) {
        const crowd = Math.round(40 + 60 * Math.sin(Math.PI * (60 - i) / 60) + 20 * random());
        const out = isOut && i < 12;
        const deny = { expired: Math.round(4 * random() + (i > 20 && i < 26 ? 14 : 0)) };
        if (random() > 0.6) { deny.flagged = Math.ceil(2 * random()); }
        if (random() > 0.5) { deny.missing = Math.ceil(3 * random()); }
        if (i > 40 && i < 44) { deny.signature = 9; }
        if (out) { deny.store_unavailable = crowd; }
        rows.push({ time: minute - 60 * i, allow: out ? 0 : i ? crowd : 20, deny,
            overruled: 0, audit: 0, none: 0, busy: out ? crowd : 0,
            lookups: out ? 0 : crowd, lookup_p50: out ? null : 0.00025 + 0.0001 * random(),
            lookup_p99: out ? null : (i > 30 && i < 34 ? 0.05 : 0.001) * (1 + random()) });
    }
    return rows;
}

const buckets = [[0.00001, 0], [0.001, 10], [2.5, 12]];

export function fixture(kind) {
    const bad = kind === 'outage';
    return {
        version: '0.1.0', schema: 1, time: now, counting_since: now - 12 * 86400,
        requests: [
            { gate: 'main entrance', server: 'hall.example', issuer: 'national',
              verdict: 'allow', reason: 'ok', count: 820040 },
            { gate: 'main entrance', server: 'hall.example', issuer: 'national',
              verdict: 'deny', reason: 'expired', count: 1120 },
            { gate: 'main entrance', server: 'hall.example', issuer: '-',
              verdict: 'deny', reason: 'missing', count: 412 },
            { gate: 'main entrance', server: 'hall.example', issuer: 'national',
              verdict: 'deny', reason: 'flagged', count: 95 },
            { gate: 'main entrance', server: 'hall.example', issuer: 'national',
              verdict: 'deny', reason: 'store_unavailable', count: bad ? 390 : 12 },
            { gate: '<script>alert(1)</script>', server: '<img src=x onerror=alert(1)>',
              issuer: 'national', verdict: 'audit_deny', reason: 'region', count: 7 },
            { gate: '/side', server: '-', issuer: 'province', verdict: 'allow',
              reason: 'ok', count: 5120 }
        ],
        keys: [
            { issuer: 'national', keys: 3, skipped: bad ? 1 : 0, generation: 'dd328237fb214756',
              since: now - 7200, loads: 2, failures: 1, fetches: 40, fetch_failures: 0,
              sunset: null },
            { issuer: 'province', keys: 1, skipped: 0, generation: '0123456789abcdef',
              since: now - 9 * 86400, loads: 1, failures: 0, fetches: 0, fetch_failures: 0,
              sunset: bad ? now + 12 * 86400 : now + 300 * 86400 }
        ],
        caches: [
            { zone: 'gate', holders: { places: 130864, hits: 812040, misses: 9120, stored: 9001,
                evicted: 0, forgotten: 7, epochs: 8 },
              codes: { places: 130864, hits: 790211, misses: 30949, stored: 30020, evicted: 0 } }
        ],
        stores: [
            { store: 'flags', up: !bad, reason: bad ? 'store_unavailable' : null,
              since: bad ? now - 720 : now - 6 * 86400,
              workers_up: bad ? 0 : 8, workers_down: bad ? 8 : 0, lease_age_ms: bad ? null : 412,
              clock_difference_ms: 3, tracking_keys: bad ? null : 20414, tracking_max: 1000000,
              connects: 9, failures: bad ? { store_unavailable: 12 } : {},
              lookups: bad ? { answered: 40120, store_unavailable: 390 } : { answered: 40120 },
              joined: 12, stale: 0,
              lookup_seconds: { count: 12, sum: 0.5, buckets },
              data: bad ? [{ source: 'county', time: now - 3 * 86400, age: 3 * 86400 },
                           { source: 'national', time: now - 3000, age: 3000 }]
                        : [{ source: 'national', time: now - 3000, age: 3000 }],
              data_age: bad ? 3 * 86400 : 3000,
              halls: [{ name: 'east', inside: 1212, time: now - (bad ? 720 : 4) },
                      { name: '<b>west</b>', inside: 0, time: now - 7200 }] },
            { store: 'badges', up: true, reason: null, since: now - 6 * 86400,
              workers_up: 8, workers_down: 0, lease_age_ms: null,
              clock_difference_ms: -12, tracking_keys: null,
              tracking_max: null, connects: 2, failures: {}, lookups: { answered: 51 },
              joined: 0, stale: 0, lookup_seconds: { count: 0, sum: 0, buckets: [] },
              data: [], data_age: null, halls: [] }
        ],
        verify_seconds: [{ issuer: 'national', count: 12, sum: 0.0006, buckets }],
        minutes: minutes(bad)
    };
}
