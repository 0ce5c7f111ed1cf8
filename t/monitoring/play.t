# A hall is watched by docs/monitoring/ alone: a real gate and Redis, Debian's
# prometheus and alertmanager with the configuration and the rules of that
# folder, in seconds instead of minutes.  Redis is killed, and whoever is on duty
# is called; it is back, and the alert goes.  Then somebody tries forged codes,
# and then the gate is gone.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Healthcode::Docs qw(slurp document);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Monitoring qw(alerts dashboard expressions plain);
use Healthcode::Monitoring::Hall;
use Healthcode::Ports qw(free_port);
use Healthcode::Process;

my $DIR     = "$Healthcode::Fixture::ROOT/docs/monitoring";
my $LONGEST = 60;    # seconds until an alert comes or goes

my $hall = Healthcode::Monitoring::Hall->new->start;
my $f    = $hall->f;
my $port = free_port();
my $gate = '127.0.0.1:' . $hall->port;


# ---- whoever is on duty ----

# The service that takes a POST: a message a line.
my $pager = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16)
    or die "no port: $!\n";
my $duty = Healthcode::Process->spawn(sub {
    $SIG{PIPE} = 'IGNORE';
    my $until = time + 600;
    while (time < $until && (my $client = $pager->accept)) {
        my ($length, $body) = (0, '');
        while (defined(my $line = <$client>)) {
            $length = $1 if $line =~ /^Content-Length: (\d+)/i;
            last if $line =~ /^\r?$/;
        }
        read $client, $body, $length;
        print {$client} "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        close $client;
        syswrite STDOUT, "$body\n";
    }
});


# Whether a message said that this alert is firing, or resolved; the last one.
sub told {
    my ($status, $name, %labels) = @_;
    my @alerts = grep {
        my $is = $_->{labels};
        $_->{status} eq $status && $is->{alertname} eq $name
            && !grep { ($is->{$_} // '') ne $labels{$_} } keys %labels;
    } map { @{ JSON::PP->new->utf8->decode($_)->{alerts} } }
        grep { /\}$/ } split /\n/, $duty->output;
    return $alerts[-1];
}


# ---- Prometheus and Alertmanager ----

my %fence = map { ($_->{text} =~ /^(\w+):/)[0] => $_->{text} }
    grep { $_->{info} =~ /^yaml/ }
    @{ document($Healthcode::Fixture::ROOT, 'docs/monitoring/README.md')->{fences} };
my $manager_port = free_port();

# Minutes become seconds: of scrapes, of what an alert waits, and of the windows
# that end the alert of an outage.
sub configured {
    my $conf = slurp("$DIR/prometheus.yml") . $fence{alerting};
    $conf =~ s/_interval: 15s/_interval: 1s/g == 2 or die "intervals\n";
    $conf =~ s/127\.0\.0\.1:9180/$gate/ or die "target\n";
    $conf =~ s/^( .*)127\.0\.0\.1:9093/${1}127.0.0.1:$manager_port/m or die "manager\n";
    my $rules = slurp("$DIR/rules.yml");
    $rules =~ s/\bfor: \d+[mh]$/for: 2s/mg > 10 or die "for\n";
    $rules =~ s/(\[|offset )5m\b/${1}15s/g > 5 or die "windows\n";
    $f->write('rules.yml', $rules);
    return $f->write('prometheus.yml', $conf);
}


# The message goes to the pager alone: there is no mail here.
sub managed {
    my $conf = $fence{route};
    $conf =~ s/group_wait: 30s/group_wait: 0s\n  group_interval: 1s/ or die "wait\n";
    $conf =~ s/    email_configs:\n(?:      .*\n)+//g == 2 or die "mail\n";
    my $port = $pager->sockport;
    $conf =~ s{https://pager\.hall\.example/}{http://127.0.0.1:$port/} or die "pager\n";
    return $f->write('alertmanager.yml', $conf);
}


my $manager = Healthcode::Process->spawn([ 'prometheus-alertmanager',
    '--config.file=' . managed(), '--storage.path=' . $f->path('alerts'),
    '--cluster.listen-address=', "--web.listen-address=127.0.0.1:$manager_port",
    '--log.level=warn' ]);
my $prometheus = Healthcode::Process->spawn([ 'prometheus',
    '--config.file=' . configured(), '--storage.tsdb.path=' . $f->path('tsdb'),
    "--web.listen-address=127.0.0.1:$port", '--log.level=warn' ]);


# What its API says; undef if it does not answer.
sub api {
    my ($what, %ask) = @_;
    my $query = join '&', map { "$_=" . $ask{$_} =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger }
        sort keys %ask;
    my $answer = eval { get("127.0.0.1:$port", "/api/v1/$what?$query", []) } or return undef;
    return eval { JSON::PP->new->utf8->decode($answer->{body}) };
}


# Waits until $holds->() is true; that, or what it was last.
sub becomes {
    my ($holds) = @_;
    my $until = time + $LONGEST;
    my $value;
    do {
        $value = $holds->();
        return $value if $value;
        sleep 0.2;
    } while (time < $until && $prometheus->running);
    return $value;
}


sub value {
    my $said = api('query', query => $_[0]);
    return $said && $said->{data}{result}[0] ? $said->{data}{result}[0]{value}[1] : undef;
}


# The alert that fires, if it does, of this NAME and with these labels.
sub firing {
    my ($name, %labels) = @_;
    my $said = api('alerts') or return undef;
    return (grep {
        my $is = $_->{labels};
        $_->{state} eq 'firing' && $is->{alertname} eq $name
            && !grep { ($is->{$_} // '') ne $labels{$_} } keys %labels;
    } @{ $said->{data}{alerts} })[0];
}


sub all_firing {
    my $said = api('alerts') or return 'no answer';
    return join ' ', sort map { $_->{labels}{alertname} }
        grep { $_->{state} eq 'firing' } @{ $said->{data}{alerts} };
}


# Whether the status of the gate, and its page, say that this store is up, or
# down and why.
sub stands {
    my ($store, $how) = @_;
    my ($is) = grep { $_->{store} eq $store } @{ $hall->status->{stores} };
    my ($up, $reason) = get($hall->nginx->sock, '/page', [])->{body}
        =~ m{<th scope="row">\Q$store\E</th><td>(true|false)</td><td>(\w+)</td>};
    return $how eq 'up'
        ? $is->{up} && !defined $is->{reason} && $up eq 'true'
        : !$is->{up} && ($is->{reason} // '') =~ /^store_\w+$/
            && $up eq 'false' && $reason eq $is->{reason};
}


# Of the next one, which is not the one under way, all rules have been evaluated.
sub evaluated {
    my $last = sub {
        my $said = api('rules') or return 0;
        my @times = sort map { $_->{lastEvaluation} } @{ $said->{data}{groups} };
        return $times[0] // 0;
    };
    my $before = $last->();
    becomes(sub { $last->() gt $before }) for 1 .. 2;
    return;
}


ok(becomes(sub {
    my $said = api('targets');
    $said && $said->{data}{activeTargets}[0]
        && $said->{data}{activeTargets}[0]{health} eq 'up' }),
   'Prometheus reaches the gate') or diag($prometheus->output);


# ---- all is well ----

my ($alice, $n) = ($f->code('ALICE'), 0);
sub fresh { return $f->issue(sub => 'visitor' . ++$n) }

is($hall->ask('/t', $alice), '200', 'people pass');
ok(becomes(sub { (value('sum(healthcode_requests_total)') // 0) >= 1 }), 'and are counted');
is(value('healthcode_store_up{store="flags"}'), 1, 'the store is up');

{
    my $said = api('rules');
    my @rules = map { @{ $_->{rules} } } @{ $said->{data}{groups} };
    cmp_ok(scalar @rules, '>', 20, 'the rules are there');
    evaluated();
    @rules = map { @{ $_->{rules} } } @{ api('rules')->{data}{groups} };
    is(join('; ', map { "$_->{name}: $_->{lastError}" } grep { $_->{health} ne 'ok' } @rules),
       '', 'each is evaluated');

    my %expression = expressions(dashboard("$DIR/dashboard.json"));
    my @wrong = grep { (api('query', query => plain($expression{$_})) || {})->{status}
                       ne 'success' } sort keys %expression;
    is(join('; ', @wrong), '', 'and each expression of the dashboard');
}

# the second store is down and an issuer near its end from the beginning
my $always = 'HealthcodeStoreDown HealthcodeSunsetNear';
ok(becomes(sub { all_firing() eq $always }), 'one store was never there, one issuer will end')
    or diag(all_firing());
is(firing('HealthcodeStoreDown', store => 'flags'), undef, 'the other one is not meant');


# ---- Redis is killed ----

$f->redis->down;
for (1 .. 8) {
    my $answer = becomes(sub { my $is = $hall->ask('/t', fresh()); $is =~ /^503/ && $is });
    is($answer, '503 store_unavailable', "a visitor ($_)");
}
ok(becomes(sub { stands('flags', 'down') }), 'the status of the gate and its page have it down');
my $alert = becomes(sub { firing('HealthcodeStoreDown', store => 'flags') });
ok($alert, 'the outage raises its alert') or diag(all_firing());
is($alert->{annotations}{summary}, "Store flags is down for $gate.", 'which says what is down');
is($alert->{labels}{severity}, 'critical', 'and wakes somebody');
my $told = becomes(sub { told(firing => 'HealthcodeStoreDown', store => 'flags') });
like($told && $told->{annotations}{description}, qr/^At the door: .* Now: /,
     'which is called and told what to do');
ok(becomes(sub { $hall->ask('/t', $alice); firing('HealthcodeUnavailable', gate => 'main') }),
   'and so do the people who read "try again"') or diag(all_firing());


# ---- Redis is back ----

$f->redis->up;
$f->init_store;
ok(becomes(sub { $hall->ask('/t', fresh()) eq '200' }), 'Redis is back, people pass');
ok(becomes(sub { !firing('HealthcodeStoreDown', store => 'flags') }), 'the alert ends');
ok(becomes(sub { all_firing() eq $always }), 'and nothing is left but what was before')
    or diag(all_firing());
ok(becomes(sub { stands('flags', 'up') }), 'the status and its page have it up again');


ok(becomes(sub { told(resolved => 'HealthcodeStoreDown', store => 'flags') }),
   'whoever was called hears that it is over');


# ---- somebody tries ----

my $forged = Healthcode::Monitoring::Hall::forged($alice);
is(join(' ', map { $hall->ask('/t', $forged) } 1 .. 30), join(' ', ('401 signature') x 30),
   'forged codes');
$alert = becomes(sub { $hall->ask('/t', $forged); firing('HealthcodeForgedCodes') });
ok($alert, 'a wave of them raises an alert') or diag(all_firing());
is($alert->{labels}{gate}, 'main', 'of this gate');


# ---- the gate is gone ----

is($hall->nginx->stop, 0, 'nginx ends');
ok(becomes(sub { firing('HealthcodeGateGone', instance => $gate) }), 'which is seen')
    or diag(all_firing());

is($_->output, '', 'nothing to complain about') for $prometheus, $manager;
$_->end for $prometheus, $manager, $duty;

done_testing();
