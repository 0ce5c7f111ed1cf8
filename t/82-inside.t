# How many people are inside a hall, as healthcode_status says it: the number of
# the last answer that a worker of this gate got from the store, and when; for
# halls that the configuration names.  docs/monitoring/metrics.md, "Halls".

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Encode qw(encode);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Nginx;

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

# What docs/redis-keys.md says that a gate with halls needs as well.
my ($RIGHTS) = Healthcode::Fixture->folder->read("$FindBin::Bin/../docs/redis-keys.md")
    =~ /^    (~healthcode:hall:.*\n.*)$/m;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my $odd   = encode('UTF-8', '东 "门" \\\\');
my $long  = 'n' x 128;
my $nth   = 0;

$redis->cmd('ACL', 'SETUSER', 'gate', split ' ', $RIGHTS);


# What a gate serves, but these locations.
sub conf {
    my (@without) = @_;
    my %location = (
        east => "location /east { alias $site/passed; healthcode_passage east once=holder
                     hold=600s direction=\$arg_way; }",
        west => "location /west { alias $site/passed; healthcode_passage west once=holder
                     hold=0 direction=\$arg_way; }",
        any  => "location /any { alias $site/passed; healthcode_passage \$arg_hall once=holder
                     hold=0 direction=\$arg_way; }",
        odd  => "location /odd { alias $site/passed; healthcode_passage '$odd' once=holder
                     hold=0 direction=\$arg_way; }",
        long => "location /long { alias $site/passed; healthcode_passage ${long}1 once=holder
                     hold=0 direction=\$arg_way; }",
        longer => "location /longer { alias $site/passed; healthcode_passage ${long}2
                     once=holder hold=0 direction=\$arg_way; }",
        turned => 'location /turned { healthcode off; healthcode_passage_confirm east; }',
        not    => 'location /not-turned { healthcode off; healthcode_passage_annul east; }',
        some   => 'location /some-turned { healthcode off;
                     healthcode_passage_confirm $arg_hall; }',
    );
    delete @location{@without};
    return $f->http_conf . <<"END" . join("\n", map { $location{$_} } sort keys %location) . '}';
server {
    listen unix:{{SOCK}};
    add_header X-Id "\$healthcode_passage_id" always;
    location /alive { return 204; }
    location = /status { healthcode off; healthcode_status; }
    location = /metrics { healthcode off; healthcode_status prometheus; }
    healthcode on;
END
}

sub gate {
    return Healthcode::Nginx->new(module => $f->module, workers => 2, http => conf())->start;
}


# Somebody passes: (answer in words, ID).
sub passes {
    my ($gate, $who, $hall, $way, $rest) = @_;
    my $code = $f->site(claims => { sub => $who, jti => 'j' . ++$nth });
    my $answer = get($gate->sock, "/$hall?way=$way" . ($rest // ''),
                     [ "Authorization: Bearer $code" ]);
    return wantarray ? (answer_of($answer), $answer->{header}{'x-id'}) : answer_of($answer);
}

sub says { return get($_[0]->sock, "/$_[1]?id=$_[2]" . ($_[3] // ''), [])->{status} }

sub halls {
    my ($gate) = @_;
    my $json = JSON::PP->new->utf8->decode(
        get($gate->sock, '/status', [ 'Accept: application/json' ])->{body});
    return @{ $json->{stores}[0]{halls} };
}

# The halls of a gate by both formats, which have to agree: "east 1, west 2".
sub inside {
    my ($gate) = @_;
    my $text = get($gate->sock, '/metrics', [])->{body};
    my (%is, %at);
    for ($text =~ /^(healthcode_hall_inside.*\})/mg) {
        die "twice: $_" if $is{$_}++;
    }
    %is = $text =~ /^healthcode_hall_inside\{store="flags",hall="(.*)"\} (\d+)$/mg;
    %at = $text =~ /^healthcode_hall_inside_time_seconds\{store="flags",hall="(.*)"\} (\d+)$/mg;
    my @halls = halls($gate);
    is_deeply({ map { encode('UTF-8', $_->{name} =~ s/([\\"])/\\$1/gr)
                      => "$_->{inside} $_->{time}" } @halls },
              { map { $_ => "$is{$_} $at{$_}" } keys %is }, 'JSON and metrics agree');
    is_deeply([ sort keys %is ], [ sort keys %at ], 'of each hall the time is there');
    is(join(' ', grep { abs($at{$_} - time) > 120 } keys %at), '', 'which is that of an answer');
    return join ', ', map { "$_ $is{$_}" } sort keys %is;
}


my $gate  = gate();
my $other = gate();

# ---- what an answer says ----

is(inside($gate), '', 'a hall of which nobody has heard has no number');
like(get($gate->sock, '/metrics', [])->{body}, qr/^# TYPE healthcode_hall_inside gauge$/m,
     'but is known');

is(passes($gate, 'ann', 'west', 'in'), 200, 'somebody enters');
is(inside($gate), 'west 1', 'one is inside');
is(inside($other), '', 'of which another gate has not heard');
is(passes($other, 'bea', 'west', 'in'), 200, 'another one enters there');
is(inside($other), 'west 2', 'which knows both');
is(inside($gate), 'west 1', 'the first one has what it heard last');
is(passes($gate, 'ann', 'west', 'in'), '403 inside', 'who is refused');
is(inside($gate), 'west 2', 'brings the number, too');
is(passes($gate, 'bea', 'west', 'out'), 200, 'one leaves');
is(passes($gate, 'ann', 'west', 'out'), 200, 'and the other');
is(inside($gate), 'west 0', 'nobody is inside');
is(passes($gate, 'ann', 'west', 'out'), '403 outside', 'nobody leaves twice');
is(inside($gate), 'west 0', 'the number is not below that');

# ---- two messages ----

my ($said, $id) = passes($gate, 'cleo', 'east', 'in');
is($said, 200, 'a turnstile is to turn');
is(inside($gate), 'east 0, west 0', 'nobody is behind it yet');
is(says($other, 'turned', $id), 204, 'it has turned, another gate is told');
is(inside($gate) . '; ' . inside($other), 'east 0, west 0; east 1, west 2', 'which knows it');
is(says($gate, 'turned', $id), 204, 'told again');
is(inside($gate), 'east 1, west 0', 'so does the first one');
(undef, $id) = passes($gate, 'dan', 'east', 'in');
is(says($gate, 'not-turned', $id), 204, 'one that has not turned');
is(inside($gate), 'east 1, west 0', 'lets nobody in');
(undef, $id) = passes($gate, 'cleo', 'east', 'out');
is(says($gate, 'turned', $id), 204, 'an exit that has');
is(inside($gate), 'east 0, west 0', 'lets one out');
(undef, $id) = passes($gate, 'eve', 'east', 'in');
is(says($other, 'turned', $id), 204, 'one goes in elsewhere');
is(says($gate, 'turned', 'f' x 32), 404, 'a passage that the store does not know');
is(inside($gate), 'east 1, west 0', 'has an answer with the number');
is(says($gate, 'turned', 'x'), 404, 'what names none is not asked about');
is(inside($gate), 'east 1, west 0', 'and says nothing');

# ---- workers ----

# Stops a worker; returns when it stands, and takes no request any more.
sub stand {
    my ($worker) = @_;
    kill STOP => $worker;
    for (1 .. 2000) {
        return if $f->read("/proc/$worker/stat") =~ /\) T /;
        sleep 0.01;
    }
    die "worker $worker goes on\n";
}

# Each of them alone.
my @workers = $gate->workers;
for my $n (0, 1) {
    stand($workers[$n]);
    is(passes($gate, 'fay', 'west', $n ? 'out' : 'in'), 200, 'a worker lets somebody pass');
    is(inside($gate), 'east 1, west ' . (1 - $n), 'and tells it');
    kill CONT => $workers[$n];
}
is(passes($gate, 'fay', 'west', 'out'), '403 outside', 'whoever answers');
is(inside($gate), 'east 1, west 0', 'all of them say the same');

# ---- answers without a number ----

$redis->cmd('ACL', 'SETUSER', 'gate', '-zadd');
is(passes($gate, 'gus', 'east', 'in'), '503 store_auth', 'a store that fails');
is(inside($gate), 'east 1, west 0', 'leaves the number as it was');
$redis->cmd('ACL', 'SETUSER', 'gate', '+zadd');

# ---- names ----

is(passes($gate, 'ann', 'any', 'in', '&hall=north'), 200, 'a hall by a variable');
is(says($gate, 'some-turned', 'f' x 32, '&hall=north'), 404, 'of both messages');
is(passes($gate, 'ann', 'any', 'in', '&hall=west'), 200, 'also one with a known name');
is(inside($gate), 'east 1, west 0', 'has no number');
is(passes($gate, 'bea', 'west', 'in'), 200, 'the next by its name');
is(inside($gate), 'east 1, west 2', 'knows it');
is(passes($gate, $_, 'odd', 'in'), 200, 'a hall with a name of any characters') for qw(ann bea);
like(inside($gate), qr/(?:^|, )\xe4\xb8\x9c \\"\xe9\x97\xa8\\" \\\\+ 2(?:,|$)/, 'has one');
is(passes($gate, $_->[0], $_->[1], 'in'), 200, 'and one with a long name')
    for [ 'ann', 'long' ], [ 'ann', 'longer' ], [ 'bea', 'longer' ];
like(inside($gate), qr/(?:^|, )$long 2(?:,|$)/, 'by its first bytes, once');
like(get($gate->sock, '/status', [ 'Accept: text/html' ])->{body}, qr{name east, inside 1, time },
     'the page has it without script, too');

# ---- reloads ----

my $before = inside($gate);
ok($gate->reload(20), 'a reload') or diag($gate->error_log);
is(inside($gate), $before, 'keeps all of it');
$gate->configure(conf(qw(west long longer odd)));
ok($gate->reload(20), 'one without some halls') or diag($gate->error_log);
is(inside($gate), 'east 1', 'leaves them out');
$gate->configure(conf('east'));
ok($gate->reload(20), 'one where only second messages name a hall') or diag($gate->error_log);
like(inside($gate), qr/\beast 1\b.*\bwest 2\b/, 'has it, and those that are back');

is($_->stop, 0, 'a gate ends by itself') for $gate, $other;
is(join("\n", grep { /\[(alert|crit|emerg)\]/ } map { split /\n/, $_->error_log } $gate, $other),
   '', 'nothing wrong is in a log');

done_testing();
