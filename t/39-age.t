# How old the data behind a verdict are: who feeds the store says when, gates
# show it, and where a location wants it old data let nobody pass.  Two
# locations and two stores each have an age of their own.
# docs/redis-keys.md, "healthcode:data"; docs/directives.md,
# "healthcode_data_max_age".

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Keys qw($DATA);
use Healthcode::Nginx;
use Healthcode::Redis;

use constant WAIT => 8;

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $other = Healthcode::Redis->start(dir => $f->dir, name => 'other',
                                     password => $f->password);
$f->init_store($other);
$redis->cmd('HSET', $f->risk('bob'), 'contact', 0);


# A gate.  /t has no limit, /hour one of an hour, /day one of a day, /lenient
# lets people pass in an outage; cache => 1, workers => N, locations => lines.
sub gate {
    my (%opt) = @_;
    my $cached = $opt{cache} ? 'healthcode_zone gate 1m;' : '';
    my @cache = $opt{cache} ? (cache => 'gate') : ();
    my $store = $f->store_conf('flags', @cache, timeout => '2s',
                               connect_timeout => '2s');
    my $second = $f->store_conf('second', @cache, timeout => '2s',
        connect_timeout => '2s', server => 'unix:' . $other->socket);
    my $locations = $opt{locations} || '';
    return Healthcode::Nginx->new(module => $f->module,
        workers => $opt{workers} || 1, http => <<"END")->start;
$cached
${\ $f->pepper_conf} ${\ $f->issuers_conf} $store $second
healthcode_risk flags;
server {
    listen unix:{{SOCK}};
    add_header X-Age "[\$healthcode_data_age]" always;
    add_header X-Known \$healthcode_risk_cache always;
    add_header X-Pid \$pid always;
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /hour { healthcode on; healthcode_data_max_age 1h; alias $site/passed; }
    location /day { healthcode on; healthcode_data_max_age 1d; alias $site/passed; }
    location /lenient { healthcode on; healthcode_data_max_age 1h;
        healthcode_on_outage allow; alias $site/passed; }
    location /audit { healthcode audit; healthcode_data_max_age 1h;
        alias $site/passed; }
    location /second { healthcode on; healthcode_risk second;
        healthcode_data_max_age 1h; alias $site/passed; }
$locations
}
END
}


sub ask {
    my ($nginx, $uri, $code) = @_;
    return get($nginx->sock, $uri, [ 'Authorization: Bearer ' . ($code // $alice) ]);
}

sub answer { return answer_of(ask(@_)) }

# Asks until the answer is $want; the last one.
sub until_is {
    my ($nginx, $want, @ask) = @_;
    my ($got, $end) = ('', time + WAIT);
    do {
        $got = answer($nginx, @ask);
        sleep 0.05 if $got ne $want;
    } while ($got ne $want && time < $end);
    return $got;
}

# Waits until every worker shows an age that matches.
sub until_age {
    my ($nginx, $want, $uri) = @_;
    my (%shows, $end);
    $end = time + WAIT;
    do {
        for (1 .. 4 * $nginx->workers) {
            my $header = ask($nginx, $uri // '/t')->{header};
            $shows{ $header->{'x-pid'} } = $header->{'x-age'};
        }
        return 1 if keys %shows == $nginx->workers
            && !grep { !/$want/ } values %shows;
        sleep 0.1;
    } while (time < $end);
    diag(join ' ', %shows);
    return 0;
}

sub touch {
    my ($source, @words) = @_;
    return $f->tool('store', 'touch', '--redis', 'unix:' . $redis->socket,
                    '--source', $source, @words);
}

sub touched_other {
    $other->cmd('HSET', $DATA, 'city', int time);
}

sub lines { return [ $_[0]->error_log =~ /(the data of store .*)/g ] }

sub ends_well {
    my ($nginx, $what, $expected) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]|exited on signal/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing wrong is in its log");
    $_->cmd('DEL', $DATA) for $redis, $other;
}

my $OLD = qr/the data of store/;


# ---- with a cache and without one: the same answers ----

for my $cache (0, 1) {
    my $with = $cache ? 'with a cache' : 'without one';
    my $nginx = gate(cache => $cache, workers => 2);

    is(until_is($nginx, '200', '/t'), '200', "$with: nobody asks for the age");
    ok(until_age($nginx, qr/^\[\]$/), '... and there is none');
    is(answer($nginx, '/hour'), '503 data_old',
       "$with: where an age is wanted nobody passes");
    is(ask($nginx, '/hour')->{header}{'retry-after'}, 1, '... who may try again');
    like(ask($nginx, '/hour')->{body}, qr/not brought up to date lately/,
         '... and reads why');
    is(answer($nginx, '/hour', $bob), '403 flagged',
       "$with: a flag counts however old the data are");
    is(answer($nginx, '/lenient', $bob), '403 flagged', '... in an outage, too');
    is(answer($nginx, '/lenient'), '200', "$with: healthcode_on_outage opens");
    is(answer($nginx, '/audit'), '200', "$with: an audit lets it go on");

    touch('city', '--at', '-2h');
    ok(until_age($nginx, qr/^\[72\d\d\]$/), "$with: the age in every worker");
    is(answer($nginx, '/t'), '200', "$with: without a limit it is shown alone");
    is(answer($nginx, '/hour'), '503 data_old', "$with: two hours are more than one");
    is(answer($nginx, '/day'), '200', "$with: and less than a day");
    is(answer($nginx, '/lenient'), '200', "$with: an outage that opens");

    touch('hospital');
    sleep 1.2;
    ok(until_age($nginx, qr/^\[72\d\d\]$/), "$with: the oldest source counts");
    is(answer($nginx, '/hour'), '503 data_old', '... and closes');

    touch('city');
    ok(until_age($nginx, qr/^\[\d\]$/), "$with: now both are new");
    is(answer($nginx, '/hour'), '200', '... and it opens');
    is(answer($nginx, '/hour', $bob), '403 flagged', '... but to whom is flagged');

    is(answer($nginx, '/second'), '503 data_old',
       "$with: another store has an age of its own");
    ok(until_age($nginx, qr/^\[\]$/, '/second'), '... and no source');
    touched_other();
    ok(until_age($nginx, qr/^\[\d\]$/, '/second'), '... until somebody touches it');
    is(answer($nginx, '/second'), '200', '... and it opens');

    for my $value ('soon', '', '0', '-5', int(time) + 3600) {
        $redis->cmd('HSET', $DATA, 'city', $value);
        ok(until_age($nginx, qr/^\[\]$/), "$with: \"$value\" is no age");
        is(answer($nginx, '/day'), '503 data_old', '... and closes');
        is(answer($nginx, '/t'), '200', '... where an age is wanted');
    }
    is(answer($nginx, '/second'), '200', "$with: the other store is as it was");

    $redis->cmd('DEL', $DATA);
    $redis->cmd('HSET', $DATA, map { ("s$_", int time) } 1 .. 17);
    sleep 1.2;
    ok(until_age($nginx, qr/^\[\]$/), "$with: nor are 17 sources one");
    $redis->cmd('HDEL', $DATA, 's17');
    ok(until_age($nginx, qr/^\[\d\]$/), '... but 16 are');
    $redis->cmd('DEL', $DATA);
    $redis->cmd('SET', $DATA, 'x');
    ok(until_age($nginx, qr/^\[\]$/), "$with: nor is a key of another type");
    is(answer($nginx, '/day'), '503 data_old', '... which closes');
    $redis->cmd('DEL', $DATA);
    ends_well($nginx, $with, $OLD);
}


# ---- what is cached ----

{
    my $nginx = gate(cache => 1);
    touch('city', '--at', '-2h');
    ok(until_age($nginx, qr/^\[72/), 'data of two hours ago');
    is(until_is($nginx, '200', '/day'), '200', 'somebody passes');
    my $end = time + WAIT;
    sleep 0.05 while ask($nginx, '/day')->{header}{'x-known'} ne 'HIT'
        && time < $end;

    $redis->reset_counts;
    my $answer = ask($nginx, '/hour');
    is(answer_of($answer), '503 data_old', 'who is known passes no other limit');
    is($answer->{header}{'x-known'}, 'HIT', '... although the cache answers');
    $answer = ask($nginx, '/day');
    is(answer_of($answer), '200', '... and this one as before');
    is($answer->{header}{'x-known'}, 'HIT', '... from the cache');
    is($redis->count('hmget'), 0, 'no request asks Redis for an age');

    touch('city');
    is(until_is($nginx, '200', '/hour'), '200', 'a touch opens it');
    is(ask($nginx, '/hour')->{header}{'x-known'}, 'HIT',
       '... and forgets nobody');
    is($redis->count('hmget'), 0, '... nor asks again');
    ends_well($nginx, 'cached', $OLD);
}


# ---- healthcode_status, of each store ----

{
    my $nginx = gate(cache => 1, workers => 2, locations => <<"END");
    location = /json { healthcode_status json; }
    location = /prometheus { healthcode_status prometheus; }
END
    my $stores = sub { map { ($_->{store} => $_) } @{ JSON::PP->new->utf8->decode(
        get($nginx->sock, '/json', [])->{body})->{stores} } };
    my $samples = sub {
        my $text = get($nginx->sock, '/prometheus', [])->{body};
        my @lines = $text =~ /^(healthcode_data_time_seconds\{.*)$/mg;
        return join "\n", sort @lines };
    ok(until_age($nginx, qr/^\[\]$/), 'nobody has touched a store');
    my %store = $stores->();
    is_deeply([ map { @{ $store{$_} }{qw(data data_age)} } qw(flags second) ],
              [ [], undef, [], undef ], 'healthcode_status has no sources then');
    is($samples->(), '', '... and no samples');

    my $now = int time;
    $redis->cmd('HSET', $DATA, city => $now - 50, hall => $now - 7200,
                desk => $now);
    $other->cmd('HSET', $DATA, city => $now - 9);
    ok(until_age($nginx, qr/^\[7200|720\d\]$/), 'three sources');
    ok(until_age($nginx, qr/^\[(9|1\d)\]$/, '/second'), '... and one');
    for my $round (1 .. 6) {
        %store = $stores->();
        my @ages = map { map { $_->{age} } @{ $_->{data} } } @store{qw(flags second)};
        is_deeply([ map { [ map { "$_->{source} $_->{time}" } @{ $_->{data} } ] }
                    @store{qw(flags second)} ],
                  [ [ 'hall ' . ($now - 7200), 'city ' . ($now - 50), "desk $now" ],
                    [ 'city ' . ($now - 9) ] ],
                  'each store has its own, the oldest first, whoever answers');
        is_deeply([ map { $_->{data_age} } @store{qw(flags second)} ],
                  [ @ages[0, 3] ], '... by which it is as old');
        cmp_ok($ages[0] - $ages[2], '==', 7200, '... each by its own time');
    }
    is($samples->(), join("\n", map { "healthcode_data_time_seconds{$_" }
        'store="flags",source="city"} ' . ($now - 50), qq(store="flags",source="desk"} $now),
        'store="flags",source="hall"} ' . ($now - 7200),
        'store="second",source="city"} ' . ($now - 9)), 'and so are the metrics');

    $redis->cmd('HSET', $DATA, city => 'x');
    ok(until_age($nginx, qr/^\[\]$/), 'a time that cannot be read');
    %store = $stores->();
    is_deeply([ @{ $store{flags}{data}[0] }{qw(source time age)}, $store{flags}{data_age} ],
              [ 'city', 0, undef, undef ], '... is the oldest, and has no age');
    like($samples->(), qr/source="city"\} 0$/m, '... and 0 as a metric');
    ends_well($nginx, 'status', $OLD);
}


# ---- redirected from one gate to another ----

{
    touch('city', '--at', '-2h');
    my $nginx = gate(locations => <<"END");
    location = /lax/ { healthcode on; healthcode_data_max_age 1d;
        index strict; alias $site/; }
    location = /lax/strict { healthcode on; healthcode_data_max_age 1h;
        alias $site/passed; }
    location = /refused { healthcode on; healthcode_data_max_age 1h;
        error_page 503 /page; alias $site/passed; }
    location = /page { alias $site/passed; }
END
    $f->write('site/strict', "strict\n");
    is(until_is($nginx, '200', '/day'), '200', 'a lax gate opens');
    is(answer($nginx, '/lax/'), '503 data_old',
       'and not by way of a redirect into a strict one');
    like(ask($nginx, '/refused')->{header}{'x-age'}, qr/^\[72\d\d\]$/,
         'the page of a refusal shows the age');
    ends_well($nginx, 'redirected', $OLD);
}


# ---- a start, a reload, an outage ----

{
    touch('city');
    my $nginx = gate();
    my @early = map { answer($nginx, '/hour') } 1 .. 5;
    is("@early", '200 200 200 200 200',
       'a worker knows the age before it answers the first one');
    $nginx->reload;
    @early = map { answer($nginx, '/hour') } 1 .. 5;
    is("@early", '200 200 200 200 200', '... and after a reload');

    $redis->kick;
    my %early = map { (answer($nginx, '/hour') => 1) } 1 .. 3;
    $early{ until_is($nginx, '200', '/hour') }++;
    ok(!$early{'503 data_old'}, '... and on a new connection');

    # a store that is replaced by another one, which nobody feeds
    $redis->down;
    like(until_is($nginx, '503 store_unavailable', '/hour'), qr/^503 store_/,
         'a store that is down is that outage');
    like(ask($nginx, '/hour')->{header}{'x-age'}, qr/^\[\d+\]$/,
         'the age is what was last known');
    $redis->up;
    $f->init_store($redis);
    $redis->cmd('DEL', $DATA);
    is(until_is($nginx, '503 data_old', '/hour'), '503 data_old',
       'a store that was made anew has no age');
    ends_well($nginx, 'outage', qr/the data of store|is down/);
    $redis->cmd('HSET', $f->risk('bob'), 'contact', 0);
}


# ---- a user who may not read it ----

{
    touch('city');
    my @acl = map { $_ eq '%R~healthcode:*'
                    ? map { "%R~healthcode:$_" } qw(meta:* risk:* region:* control:* push:*)
                    : $_ } split / /, Healthcode::Redis::gate_acl();
    $redis->cmd('ACL', 'SETUSER', 'gate', 'reset', 'on', '>' . $f->password, @acl);
    my $nginx = gate();
    is(until_is($nginx, '200', '/t'), '200', 'a user without the right is served');
    is(answer($nginx, '/day'), '503 data_old', '... but where an age is wanted');
    ok($nginx->logged(qr/\[error\].*\(86400 s\): it does not say who feeds it; give the gate's user the rights that "healthcode store rights" prints/, 3),
       '... which the log says');
    ends_well($nginx, 'no right', $OLD);
    $redis->cmd('ACL', 'SETUSER', 'gate', 'reset', 'on', '>' . $f->password,
                split / /, Healthcode::Redis::gate_acl());
}


# ---- the log: one line a change ----

# Whether the log says so while somebody stands at the gate.
sub told {
    my ($nginx, $pattern, $seconds) = @_;
    for (1 .. 10 * $seconds) {
        answer($nginx, '/t');
        return 1 if $nginx->logged($pattern, 0.1);
    }
    return 0;
}

{
    $_->cmd('DEL', $DATA) for $redis, $other;
    touched_other();
    my $nginx = gate();
    ok(told($nginx, qr/\[error\] .*the data of store "flags" are too old for "healthcode_data_max_age" \(86400 s\): nobody has said that its flags are up to date; run "healthcode store touch" after each load of flags/, 10),
       'a store that nobody feeds has a line');
    answer($nginx, '/t'), sleep 0.2 for 1 .. 11;
    is(scalar @{ lines($nginx) }, 1, '... and no other one');

    touch('city', '--at', '-2h');
    ok(told($nginx, qr/the data of store "flags" .*\(3600 s\): source "city" was last up to date at \d+ \(Unix seconds\); run "healthcode store touch"/, 10),
       'the longest limit that is exceeded is named, and the source');
    touch('city');
    ok(told($nginx, qr/\[warn\] .*the data of store "flags" are up to date again; they were too old for \d+ s/, 10),
       'and that it is over');
    touch('city');
    answer($nginx, '/t'), sleep 0.2 for 1 .. 6;
    is(scalar @{ lines($nginx) }, 3, 'what stays well is not told again');

    $redis->cmd('HSET', $DATA, 'hall', 'x');
    ok(told($nginx, qr/\(86400 s\): the time of source "hall" cannot be true; "healthcode store sources" shows it/, 10),
       'a source that cannot be read');
    $redis->cmd('HSET', $DATA, 'Hall', 1);
    ok(told($nginx, qr/\(86400 s\): a source cannot be read; "healthcode store sources" shows it/, 10),
       'and one without a name to write');
    is(scalar(grep { /"second"/ } @{ lines($nginx) }), 0, 'the other store has no line');
    ends_well($nginx, 'log', $OLD);
}

done_testing();
