# Every verdict is counted, once: by gate, server, issuer, verdict and reason,
# over redirects and aborted requests, reloads, killed workers and an upgrade of
# nginx while it runs.  docs/monitoring/metrics.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Docs qw(document slurp);
use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Http2 qw(at_once take_back);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Redis;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $http  = $f->http_conf;
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $carol = $f->code('CAROL');
my $h2    = '{{ROOT}}/h2.sock';
my $core  = "$Healthcode::Fixture::ROOT/ngx_http_healthcode_module/core";
my $forged = substr($alice, 0, -8) . 'AAAAAAAA';

$f->write('site/ssi.html', qq(<!--#include virtual="/t" -->\n));
$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);


sub gate {
    my ($locations, %opt) = @_;
    my $servers = $opt{servers} || '';
    my $http = $opt{store} ? $f->http_conf(%{ $opt{store} }) : $http;
    my $main = $opt{main_http} || '';
    return Healthcode::Nginx->new(module => $f->module,
        workers => $opt{workers} || 2, daemon => $opt{daemon}, http => <<"END");
$http
$main
keepalive_requests 100000;
log_format line escape=none '\$healthcode_json';
access_log {{ROOT}}/logs/gate.json line if=\$healthcode_json;
server {
    listen unix:{{SOCK}};
    listen unix:$h2 http2;
    server_name gate.example other.example;
    location /alive { return 204; }
    location /status { healthcode_status; }
    location /t { healthcode on; alias $site/passed; }
$locations
}
$servers
END
}


# All of healthcode_status, and what it counted: "GATE SERVER ISSUER VERDICT
# REASON" => N.
sub status { JSON::PP->new->utf8->decode(get($_[0]->sock, '/status', [])->{body}) }

sub counted {
    my ($nginx) = @_;
    return { map { join(' ', @$_{qw(gate server issuer verdict reason)})
                   => $_->{count} } @{ status($nginx)->{requests} } };
}


sub sum { my $n = 0; $n += $_ for values %{ $_[0] }; return $n }


# The same of the lines of $healthcode_json.
sub logged {
    my ($nginx) = @_;
    my %count;
    open my $lines, '<', $nginx->root . '/logs/gate.json' or die "gate.json: $!";
    while (<$lines>) {
        my $line = JSON::PP->new->utf8->decode($_);
        $count{ join(' ', @$line{qw(gate server issuer verdict reason)}) }++;
    }
    return \%count;
}


# A request is counted when it is over, which may be after its answer; its line
# is written then.  @of is &counted or &logged, both by default.
sub is_counted {
    my ($nginx, $expected, $what, @of) = @_;
    my $all = sum($expected);
    my $got;
    for my $of (@of ? @of : (\&counted, \&logged)) {
        for (1 .. 100) {
            $got = $of->($nginx);
            last if sum($got) >= $all;
            sleep 0.02;
        }
        is_deeply($got, $expected, $of == \&counted ? $what : "$what: so it is logged");
    }
}


sub ask {
    my ($nginx, $uri, $code, %opt) = @_;
    return answer_of(get($nginx->sock, $uri, [
        defined $code ? "Authorization: Bearer $code" : (),
        @{ $opt{headers} || [] } ], %opt));
}


sub ends_well {
    my ($nginx, $what, $expected) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing wrong is in its log");
}


# ---- the last hour begins ----

# What happens in a minute is looked at when it is over, at the end.
sleep 0.2 while time % 60 > 54;
my $hour = gate("location /second { healthcode on; healthcode_risk second; "
    . "alias $site/passed; }\n"
    . "location /audit { healthcode audit; alias $site/passed; }\n"
    . "location /any { satisfy any; healthcode on; allow all; "
    . "alias $site/passed; }",
    main_http => 'healthcode_risk flags; '
    . $f->store_conf('second', server => 'unix:{{ROOT}}/nobody.sock'))->start;
my $hour_began = int time;

ask($hour, '/t', $alice) for 1 .. 3;
ask($hour, '/t', $bob) for 1 .. 2;
ask($hour, '/t', $forged);
ask($hour, '/second', $alice) for 1 .. 4;
ask($hour, '/audit');
ask($hour, '/any', $bob);


# What the minutes have together; their times follow each other.
sub minutes {
    my ($nginx) = @_;
    my $status = status($nginx);
    my @minutes = @{ $status->{minutes} };
    my (%sum, @wrong);
    for my $i (0 .. $#minutes) {
        my $minute = $minutes[$i];
        push @wrong, $minute->{time} if $minute->{time} % 60
            || $i && $minute->{time} != $minutes[$i - 1]{time} + 60;
        $sum{$_} += $minute->{$_} for qw(allow overruled audit none other busy lookups);
        $sum{"deny $_"} += $minute->{deny}{$_} for keys %{ $minute->{deny} };
    }
    push @wrong, "last $minutes[-1]{time}"
        if $minutes[-1]{time} != $status->{time} - $status->{time} % 60;
    is("@wrong", '', 'minutes follow each other, and the last one runs');
    return { map { $_ => $sum{$_} } grep { $sum{$_} } keys %sum };
}

my %hour = (allow => 3, 'deny flagged' => 2, 'deny signature' => 1,
            'deny store_unavailable' => 4, audit => 1, overruled => 1, busy => 4,
            lookups => 7);
{
    is_counted($hour, { '/t gate.example national allow ok' => 3,
                        '/t gate.example national deny flagged' => 2,
                        '/t gate.example national deny signature' => 1,
                        '/second gate.example national deny store_unavailable' => 4,
                        '/audit gate.example - audit_deny missing' => 1,
                        '/any gate.example national overruled flagged' => 1 },
               'requests of a minute');
    my $minutes = minutes($hour);
    $hour{lookups} = $minutes->{lookups};
    cmp_ok($hour{lookups}, '>=', 6, 'lookups were measured');
    is_deeply($minutes, \%hour, 'are the sums of it');
    my ($minute) = grep { $_->{lookups} } @{ status($hour)->{minutes} };
    cmp_ok($minute->{lookup_p50}, '>', 0, 'half of the lookups took');
    cmp_ok($minute->{lookup_p50}, '<=', $minute->{lookup_p99},
           'no longer than most of them');
}


# ---- what a request counts as ----

{
    my $nginx = gate(<<"END", servers => <<"SERVERS")->start;
    location /plain { alias $site/passed; }
    location /named { healthcode_name "main door"; healthcode on;
                      alias $site/passed;
        location /named/inner { healthcode on; alias $site/passed; }
        location /named/other { healthcode_name other; healthcode on;
                                alias $site/passed; }
    }
    location /audit { healthcode audit; alias $site/passed; }
    location /hall { healthcode on; healthcode_audience hall; alias $site/passed; }
    location /norisk { healthcode on; healthcode_risk off; alias $site/passed; }
    location /site { healthcode on; healthcode_issuers site; alias $site/passed; }
    location ~ "^/regex[\\"0-9]+\$" { healthcode on; root $site;
                                      try_files /passed =404; }
    location /any-open { satisfy any; healthcode on; allow all;
                         alias $site/passed; }
    location /any-shut { satisfy any; healthcode on; deny all;
                         alias $site/passed; }
    location /address { healthcode on; deny all; alias $site/passed; }
    location /nothing { healthcode on; alias $site/nothing; }
    location /again { healthcode on; try_files /nowhere /t; }
    location /leave { healthcode on; try_files /nowhere /plain; }
    location /to-hall { healthcode on; try_files /nowhere /hall; }
    location /to-site { healthcode on; try_files /nowhere /site; }
    location /to-audit { healthcode on; try_files /nowhere /audit; }
    location /audit-to { healthcode audit; try_files /nowhere /t; }
    location /page { healthcode on; healthcode_audience hall;
                     error_page 401 /plain; alias $site/passed; }
    location /page-gated { healthcode on; healthcode_audience hall;
                           error_page 401 /t; alias $site/passed; }
    location /page-refuses { healthcode on; healthcode_audience hall;
                             error_page 401 /site; alias $site/passed; }
    location /ssi { healthcode on; ssi on; ssi_types *; alias $site/ssi.html; }
    location = /moved { error_page 412 /waits; alias $site/passed; }
    location = /waits { healthcode on; post_action /after; alias $site/passed; }
    location = /moved-audit { error_page 412 /waits-audit; alias $site/passed; }
    location = /waits-audit { healthcode audit; post_action /after;
                              alias $site/passed; }
    location = /after { alias $site/passed; }
    location /if { healthcode on; if (\$arg_x) { add_header X-If yes; }
                   alias $site/passed; }
END
server {
    listen unix:{{ROOT}}/second.sock;
    healthcode on;
    healthcode_name hall;
    root $site;
    location = /passed { }
    location = /own { healthcode_name own; alias $site/passed; }
}
server {
    listen unix:{{ROOT}}/third.sock;
    healthcode on;
    location = /passed { root $site; }
    error_page 401 = \@named;
    location \@named { healthcode on; healthcode_audience hall; root $site; }
}
SERVERS

    my %expected;
    my $one = sub {
        my ($what, $answer, $series, $uri, $code, %opt) = @_;
        my $to = $opt{to} ? $nginx->root . "/$opt{to}" : $nginx->sock;
        my $got = answer_of(get($to, $uri, [
            defined $code ? "Authorization: Bearer $code" : () ], %opt));
        is($got, $answer, $what);
        $expected{$series}++ if defined $series;
        is_counted($nginx, \%expected, "$what: "
                   . ($series // 'it is not counted'));
    };

    is_deeply(counted($nginx), {}, 'nothing is counted at first');
    my $since = status($nginx)->{counting_since};
    cmp_ok(abs(time - $since), '<', 10, 'and it is said since when');

    # gate, server
    $one->('an honest code', 200, '/t gate.example national allow ok', '/t',
           $alice);
    $one->('the same again', 200, '/t gate.example national allow ok', '/t',
           $alice);
    $one->('a HEAD', 200, '/t gate.example national allow ok', '/t', $alice,
           method => 'HEAD');
    $one->('where no gate is', 200, undef, '/plain', $alice);
    $one->('a gate with a name', 200,
           'main door gate.example national allow ok', '/named', $alice);
    $one->('a gate in it', 200, 'main door gate.example national allow ok',
           '/named/inner', $alice);
    $one->('one with a name of its own', 200,
           'other gate.example national allow ok', '/named/other', $alice);
    $one->('a location of a regular expression', 200,
           '^/regex["0-9]+$ gate.example national allow ok', '/regex1', $alice);
    $one->('an "if" in a gate', 200, '/if gate.example national allow ok',
           '/if?x=1', $alice);
    $one->('a server without a name', 200,
           'hall - national allow ok', '/passed', $alice, to => 'second.sock');
    $one->('a location there', 200, 'own - national allow ok', '/own', $alice,
           to => 'second.sock');
    $one->('a named location that answers a refusal', '401 missing',
           '/passed - - deny missing', '/passed', undef, to => 'third.sock');

    # issuer, verdict, reason
    $one->('no code', '401 missing', '/t gate.example - deny missing', '/t');
    $one->('no code of ours', '401 malformed',
           '/t gate.example - deny malformed', '/t', 'abc');
    $one->('a code that is forged', '401 signature',
           '/t gate.example national deny signature', '/t', $forged);
    $one->('an issuer that nobody knows', '401 issuer',
           '/t gate.example - deny issuer', '/t',
           $f->issue(iss => 'https://stranger.example', sub => 'alice'));
    $one->('an issuer that is not of this gate', '401 issuer',
           '/site gate.example national deny issuer', '/site', $alice);
    $one->('a stranger where few issuers are known', '401 issuer',
           '/site gate.example - deny issuer', '/site',
           $f->issue(iss => 'https://stranger.example', sub => 'alice'));
    $one->('another issuer', 200, '/site gate.example site allow ok', '/site',
           $carol);
    $one->('a flagged holder', '403 flagged',
           '/t gate.example national deny flagged', '/t', $bob);
    $one->('who is not asked about there', 200,
           '/norisk gate.example national allow ok', '/norisk', $bob);
    $one->('another audience', '401 audience',
           '/hall gate.example national deny audience', '/hall', $alice);
    $one->('audit, honest', 200,
           '/audit gate.example national audit_allow ok', '/audit', $alice);
    $one->('audit, no code', 200, '/audit gate.example - audit_deny missing',
           '/audit');
    $one->('a page that is not there', '404 (no reason)',
           '/nothing gate.example national allow ok', '/nothing', $alice);
    $one->('another rule refuses', '403 (no reason)',
           '/address gate.example national allow ok', '/address', $alice);

    # several rules
    $one->('satisfy any, opened by the gate', 200,
           '/any-shut gate.example national allow ok', '/any-shut', $alice);
    $one->('satisfy any, refused', '403 flagged',
           '/any-shut gate.example national deny flagged', '/any-shut', $bob);
    $one->('satisfy any, opened by another rule', 200,
           '/any-open gate.example national overruled flagged', '/any-open',
           $bob);

    # redirects
    $one->('to a gate of the same policy', 200,
           '/again gate.example national allow ok', '/again', $alice);
    $one->('to no gate', 200, '/leave gate.example national allow ok', '/leave',
           $alice);
    $one->('to a gate of another policy', '401 audience',
           '/hall gate.example national deny audience', '/to-hall', $alice);
    $one->('to a gate that knows another issuer', 200,
           '/site gate.example site allow ok', '/to-site', $carol);
    $one->('refused before', '403 flagged',
           '/to-site gate.example national deny flagged', '/to-site', $bob);
    $one->('to a gate that only audits', 200,
           '/to-audit gate.example national allow ok', '/to-audit', $alice);
    $one->('from a gate that only audits', 200,
           '/t gate.example national allow ok', '/audit-to', $alice);
    $one->('an error page', '401 (no reason)',
           '/page gate.example national deny audience', '/page', $alice);
    $one->('an error page behind a gate that allows', '401 (no reason)',
           '/t gate.example national allow ok', '/page-gated', $alice);
    $one->('an error page behind a gate that refuses', '401 audience',
           '/page-refuses gate.example national deny audience',
           '/page-refuses', $alice);
    $one->('parts from subrequests', 200, '/ssi gate.example national allow ok',
           '/ssi', $alice);

    # many on one connection
    my ($bytes) = exchange($nginx->sock, join '', map {
        "GET $_->[0] HTTP/1.1\r\nHost: x\r\n"
        . ($_->[1] ? "Authorization: Bearer $_->[1]\r\n" : '')
        . ($_->[2] ? "Connection: close\r\n" : '') . "\r\n" }
        [ '/t', $alice ], [ '/t' ], [ '/plain', $alice ], [ '/t', $bob, 1 ]);
    is(join(' ', map { answer_of($_) } answers($bytes)),
       '200 401 missing 200 403 flagged', 'four requests of one connection');
    $expected{'/t gate.example national allow ok'}++;
    $expected{'/t gate.example - deny missing'}++;
    $expected{'/t gate.example national deny flagged'}++;
    is_counted($nginx, \%expected, 'are counted, each as what it is');

    my $got = at_once($nginx->root . '/h2.sock', 2, 10, '/t',
                      [ $alice, $bob ], 10);
    is_deeply($got, { 200 => 10, '403 flagged' => 10 }, 'twenty over HTTP/2');
    $expected{'/t gate.example national allow ok'} += 10;
    $expected{'/t gate.example national deny flagged'} += 10;
    is_counted($nginx, \%expected, 'likewise');

    # whoever leaves during a lookup gets his verdict anyway
    $f->redis->freeze;
    my $open = take_back($nginx->root . '/h2.sock', 5, '/t', $alice);
    my $left = dial($nginx->sock);
    syswrite $left, "GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $bob"
        . "\r\n\r\n";
    sleep 0.1;
    close $left;
    is_deeply(counted($nginx), \%expected, 'nothing is counted before its verdict');
    $f->redis->thaw;
    $expected{'/t gate.example national allow ok'} += 5;
    $expected{'/t gate.example national deny flagged'}++;
    is_counted($nginx, \%expected, 'clients that left are counted');

    # nginx goes on without one
    for my $mode ('', '-audit') {
        $f->redis->freeze;
        my $gone = dial($nginx->sock);
        syswrite $gone, join "\r\n", "GET /moved$mode HTTP/1.1", 'Host: x',
            "Authorization: Bearer $alice", 'If-Match: "nothing"',
            'Connection: close', '', '';
        $expected{"/waits$mode gate.example national "
                  . ($mode ? 'audit_none' : 'none') . ' aborted'}++;
        is_counted($nginx, \%expected, 'a request that is over before'
                   . ($mode ? ' an audit' : ' its verdict'));
        $f->redis->thaw;
        sleep 0.1;
    }

    is(status($nginx)->{counting_since}, $since, 'it is still the same counting');
    ends_well($nginx, 'one count a request',
              qr/"\S+\/site\/nothing" failed|access forbidden by rule/);
}


# ---- how it is shown ----

{
    my $nginx = gate(<<"END", workers => 1)->start;
    location = /json { healthcode_status json; }
    location = /prometheus { healthcode_status prometheus; }
    location /odd { healthcode_name 'a"b\\\\c {x="1"} 门'; healthcode on;
                    alias $site/passed; }
    location /gated-status { healthcode on; healthcode_status; }
END
    my $of = sub { get($nginx->sock, $_[0], [ map { "Accept: $_" } @_[1 .. $#_] ]) };
    my $prometheus = 'text/plain; version=0.0.4; charset=utf-8';

    for my $case (
        [ '/status', 'application/json' ],
        [ '/status', 'application/json', '*/*' ],
        [ '/status', $prometheus, 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1' ],
        [ '/status', $prometheus, 'image/png', 'text/plain' ],
        [ '/status', 'application/json', 'image/png,*/*;q=0.8' ],
        [ '/json', 'application/json', 'text/plain' ],
        [ '/prometheus', $prometheus, 'application/json' ])
    {
        my ($uri, $type, @accept) = @$case;
        my $answer = $of->($uri, @accept);
        is($answer->{header}{'content-type'}, $type,
           "$uri, Accept: " . (join(' and ', @accept) || '(none)'));
        is($answer->{header}{vary}, $uri eq '/status' ? 'Accept' : undef,
           'a cache is told what it depends on');
    }
    my $head = get($nginx->sock, '/prometheus', [], method => 'HEAD');
    is("$head->{status} $head->{body}", '200 ', 'HEAD has no body');
    cmp_ok($head->{header}{'content-length'}, '>', 1000, 'but its length');
    is(get($nginx->sock, '/prometheus', [], method => 'POST')->{status}, 405,
       'it is only for reading');

    is(ask($nginx, '/odd', $alice), 200, 'a gate with a name that needs escapes');
    is(ask($nginx, '/t', $bob), '403 flagged', 'and another gate');
    is(ask($nginx, '/gated-status'), '401 missing', 'the status may have a gate');
    is_counted($nginx, { "a\"b\\c {x=\"1\"} \x{95e8} gate.example national allow ok"
                         => 1, '/t gate.example national deny flagged' => 1,
                         '/gated-status gate.example - deny missing' => 1 },
               'JSON escapes it');

    my $json = status($nginx);
    is($json->{schema}, 1, 'JSON says its schema');
    my $text = $of->('/prometheus')->{body};
    like($text, qr/^healthcode_requests_total\{gate="a\\"b\\\\c \{x=\\"1\\"\} 门",server="gate.example",issuer="national",verdict="allow",reason="ok"\} 1$/m,
         'Prometheus gets it with its own escapes');
    like($text, qr/^healthcode_requests_total\{gate="\/t",server="gate.example",issuer="national",verdict="deny",reason="flagged"\} 1$/m,
         'each in a line');
    like($text, qr/^healthcode_build_info\{version="\Q$json->{version}\E"\} 1$/m,
         'and the version');
    like($text, qr/^healthcode_counting_start_time_seconds $json->{counting_since}$/m,
         'since when');
    like($text, qr/^healthcode_keys\{issuer="national"\} 3$/m, 'and keys');
    unlike($text, qr/healthcode_cache/, 'no cache where there is none');

    my (%type, %help, %seen, @wrong);
    my $last = '';
    for (split /\n/, $text) {
        if (/^# HELP (\w+) (.+\.)$/) {
            push @wrong, $_ if $help{$1};
            $help{ $last = $1 } = $2;
        } elsif (/^# TYPE (\w+) (counter|gauge|histogram)$/) {
            $type{$1} = $2;
            push @wrong, $_ if $1 ne $last
                || (($2 eq 'counter') xor ($1 =~ /_total$/));
        } elsif (/^((\w+)(?:\{(?:\w+="(?:[^"\\]|\\["\\n])*",?)*\})?) -?[\d.]+$/) {
            my ($series, $name) = ($1, $2);
            $name =~ s/_(bucket|sum|count)$// if $type{$last} eq 'histogram';
            push @wrong, $_ if $name ne $last || $seen{$series}++;
        } else {
            push @wrong, $_;
        }
    }
    is("@wrong", '', 'every line is one of the format, and no series is twice');

    SKIP: {
        chomp(my $promtool = `sh -c 'command -v promtool'` || '');
        skip 'promtool is not installed', 1 if !$promtool;
        my $file = $f->write('metrics', $text);
        my $process = Healthcode::Process->spawn([ 'sh', '-c',
            "$promtool check metrics < $file" ]);
        is($process->wait(20) . $process->output, '0', 'promtool finds no fault');
    }
    ends_well($nginx, 'how it is shown');
}

{
    my $nginx = gate('location = /prometheus { healthcode_status prometheus; }',
                     workers => 1, main_http => 'healthcode_zone gate 1m; '
                     . 'healthcode_zone "o\"f" 1m; healthcode_code_cache gate; '
                     . 'healthcode_issuer ending { iss https://ending.example; '
                     . "keys @{[ $f->path('site.jwks') ]}; algorithms HS256; sunset 2099-12-01T00:00:00Z; }")
        ->start;
    ask($nginx, '/t', $alice) for 1 .. 3;
    my $text = get($nginx->sock, '/prometheus', [])->{body};
    my %type = $text =~ /^# TYPE (\w+) (\w+)$/mg;
    my %help = $text =~ /^# HELP (\w+) (.+)$/mg;
    is_deeply([ sort map { "$_ $type{$_} $help{$_}" } keys %type ],
              [ sort map { my @cells = @{ $_->{cells} }; $cells[0] =~ tr/`//d;
                           "@cells" } grep { $_->{head}[0] eq 'metric' }
                @{ document($Healthcode::Fixture::ROOT,
                            'docs/monitoring/metrics.md')->{rows} } ],
              'docs/monitoring/metrics.md has every metric, as it is shown');
    my @ends = $text =~ /^(healthcode_issuer_sunset_\S+ \d+)$/mg;
    is("@ends", 'healthcode_issuer_sunset_time_seconds{issuer="ending"} 4099766400',
       'the end of an issuer that has one');
    my %keys = map { $_->{issuer} => $_ } @{ status($nginx)->{keys} };
    is($keys{ending}{sunset}, 4099766400, 'JSON has it');
    is($keys{national}{sunset}, undef, 'for each issuer');
    my ($loaded) = $text =~ /^healthcode_keys_loaded_time_seconds\{issuer="national"\} (\d+)$/m;
    is($loaded, $keys{national}{since}, 'since when there are these keys');
    cmp_ok(abs(time - $loaded), '<', 30, 'which is now');
    like($text, qr/^healthcode_cache_places\{zone="gate",table="codes"\} \d+$/m,
         'tables of a zone');
    like($text, qr/^healthcode_cache_hits_total\{zone="gate",table="codes"\} 2$/m,
         'what was found there');
    like($text, qr/^healthcode_cache_stored_total\{zone="gate",table="codes"\} 1$/m,
         'what was stored');
    like($text, qr/^healthcode_cache_hits_total\{zone="o\\"f",table="codes"\} 0$/m,
         'each zone its own');
    like($text, qr/^healthcode_cache_epochs_total\{zone="gate",table="holders"\} \d+$/m,
         'epochs of holders');
    unlike($text, qr/^healthcode_cache_(epochs|forgotten)\S*table="codes"/m,
           'which codes do not have');
    ends_well($nginx, 'zones');
}


# ---- stores and times ----

{
    my $second = $f->store_conf('second', server => "unix:{{ROOT}}/nobody.sock");
    my $nginx = gate("location /second { healthcode on; healthcode_risk second; "
                     . "alias $site/passed; }\n"
                     . 'location = /prometheus { healthcode_status prometheus; }',
                     workers => 1,
                     main_http => "healthcode_risk flags; $second")->start;
    my $metric = sub {
        my ($name, %labels) = @_;
        my $text = get($nginx->sock, '/prometheus', [])->{body};
        my $labels = join ',', map { "$_=\"$labels{$_}\"" }
            grep { exists $labels{$_} } qw(store issuer reason result le);
        return $text =~ /^\Q$name\E(?:\{\Q$labels\E\})? ([\d.]+)$/m
            ? $1 : undef;
    };
    my @flags = (store => 'flags');
    my @second = (store => 'second');

    is($metric->('healthcode_lookups_total', @flags, result => 'answered'), undef,
       'nobody has asked yet');
    is($nginx->ask($alice), 200, 'an honest code') for 1 .. 3;
    is($nginx->ask($bob), '403 flagged', 'a flagged holder');
    is($nginx->ask($forged), '401 signature', 'a forged code');
    is($nginx->ask('abc'), '401 malformed', 'no code of ours');
    is($nginx->ask($alice, '/second'), '503 store_unavailable',
       'a store that is not there');
    is($nginx->ask($carol, '/second'), '503 store_unavailable', 'again');

    is($metric->('healthcode_store_up', @flags), 1, 'the one store is up');
    is($metric->('healthcode_store_up', @second), 0, 'the other is down');
    is($metric->('healthcode_store_connects_total', @flags), 1,
       'there is one connection');
    is($metric->('healthcode_store_connects_total', @second), undef, 'and one none');
    cmp_ok($metric->('healthcode_store_failures_total', @second,
                     reason => 'store_unavailable'), '>=', 1, 'which is counted');
    is($metric->('healthcode_store_failures_total', @flags,
                 reason => 'store_unavailable'), undef, 'for itself');
    is($metric->('healthcode_lookups_total', @flags, result => 'answered'), 4,
       'lookups that were answered');
    is($metric->('healthcode_lookups_total', @second,
                 result => 'store_unavailable'), 2, 'and those that could not be');

    my @bound = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3,
                 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5);
    my %le;
    for my $case ([ 'healthcode_lookup_seconds', 4, @flags ],
                  [ 'healthcode_verify_seconds', 6, issuer => 'national' ],
                  [ 'healthcode_verify_seconds', 1, issuer => 'site' ])
    {
        my ($name, $n, @labels) = @$case;
        my $text = get($nginx->sock, '/prometheus', [])->{body};
        my @of = $text =~ /^\Q$name\E_bucket\{$labels[0]="$labels[1]",le="([^"]+)"\} (\d+)$/mg;
        my (@le, @below);
        while (my ($le, $below) = splice @of, 0, 2) {
            push @le, $le;
            push @below, $below;
        }
        @le{@bound} = @le;
        is_deeply([ map { $_ + 0 } @le[0 .. $#le - 1] ], \@bound,
                  "$name, @labels: its buckets");
        is($le[-1], '+Inf', 'and the last one');
        is(join(' ', @below), join(' ', sort { $a <=> $b } @below),
           'each has what is in those below');
        is($below[-1], $n, "$n times were measured");
        is($metric->("${name}_count", @labels), $n, 'which is their count');
        my $sum = $metric->("${name}_sum", @labels);
        cmp_ok($sum, '>', 0, 'their sum');
        cmp_ok($sum, '<', $n * 2.5, 'is of seconds');
    }

    $f->redis->freeze;
    my @asking = map { dial($nginx->sock) } 1 .. 3;
    syswrite $_, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Authorization: Bearer $carol\r\n\r\n" for @asking;
    exchange($_, '') for @asking;
    $f->redis->thaw;
    is($metric->('healthcode_lookups_total', @flags, result => 'store_timeout'),
       3, 'lookups that were late');
    cmp_ok($metric->('healthcode_lookup_seconds_bucket', @flags, le => 1), '<=', 4,
           'and took their time');
    is($metric->('healthcode_lookup_seconds_count', @flags), 7,
       'all of them are measured');

    for (1 .. 100) {
        last if $metric->('healthcode_store_connects_total', @flags) == 2;
        sleep 0.05;
    }
    my $json = status($nginx);
    cmp_ok(abs(time - $json->{time}), '<', 10, 'JSON says when it was written');
    my ($one, $other) = @{ $json->{stores} };
    is("$one->{store} $other->{store}", 'flags second', 'it has each store');
    is_deeply($one->{lookups}, { answered => 4, store_timeout => 3 },
              'the lookups of one');
    is_deeply($other->{lookups}, { store_unavailable => 2 }, 'and of the other');
    is_deeply([ sort keys %{ $other->{failures} } ], [ 'store_unavailable' ],
              'its failures');
    is("$one->{connects} $other->{connects} $one->{joined} $one->{stale}",
       '2 0 ' . ($metric->('healthcode_lookups_joined_total', @flags) || 0) . ' 0',
       'connections, and lookups that were joined');
    for my $times ([ $one->{lookup_seconds}, 'healthcode_lookup_seconds', @flags ],
                   [ (grep { $_->{issuer} eq 'site' } @{ $json->{verify_seconds} }),
                     'healthcode_verify_seconds', issuer => 'site' ])
    {
        my ($of, $name, @labels) = @$times;
        is($of->{count}, $metric->("${name}_count", @labels),
           "JSON, $name: how many");
        is($of->{sum} + 0, $metric->("${name}_sum", @labels) + 0, 'the sum');
        is_deeply([ map { "$$_[0] $$_[1]" } @{ $of->{buckets} } ],
                  [ map { $_ . ' ' . $metric->("${name}_bucket", @labels,
                                               le => $le{$_}) } @bound ],
                  'and the buckets');
    }
    is($other->{lookup_seconds}{count}, 0, 'each for itself');
    is_deeply([ map { $_->{issuer} } @{ $json->{verify_seconds} } ],
              [ 'national', 'site' ], 'signatures of both issuers');

    is(sum(counted($nginx)), 11, 'requests are counted beside them');
    my $file = $f->write('metrics', get($nginx->sock, '/prometheus', [])->{body});
    SKIP: {
        chomp(my $promtool = `sh -c 'command -v promtool'` || '');
        skip 'promtool is not installed', 1 if !$promtool;
        my $process = Healthcode::Process->spawn([ 'sh', '-c',
            "$promtool check metrics < $file" ]);
        is($process->wait(20) . $process->output, '0', 'promtool finds no fault');
    }
    ends_well($nginx, 'stores and times', qr/store "\w+" at/);
}


# ---- how many keys Redis tracks ----

{
    my $config = sub {
        my (%store) = @_;
        return gate("location /pid { healthcode_status; add_header X-Pid \$pid; }\n"
                    . 'location = /prometheus { healthcode_status prometheus; }',
                    main_http => "healthcode_zone tracked 1m;\nhealthcode_risk flags;\n"
                    . $f->store_conf('second', server => 'unix:{{ROOT}}/nobody.sock'),
                    store => { cache => 'tracked', %store });
    };
    my $redis = sub { $f->redis->cmd('INFO', 'stats') =~ /^tracking_total_keys:(\d+)/m;
                      return $1 };
    my $keys = sub { status($_[0])->{stores}[$_[1] // 0]{tracking_keys} };
    my $until = sub {
        my ($nginx, $expected, $what, $ask) = @_;
        my $got;
        for (1 .. 400) {
            $got = $keys->($nginx) // 'null';
            last if $got eq $expected;
            $ask ? $ask->($_) : ask($nginx, '/t', $alice);
            sleep 0.05;
        }
        is($got, $expected, $what);
    };

    my $nginx = $config->()->start;
    is(ask($nginx, '/t', $alice), 200, 'an honest code, and a cache');
    my $first = $redis->();
    cmp_ok($first, '>=', 2, 'Redis tracks what was read');
    $until->($nginx, $first, 'and the gate says how much');
    is(status($nginx)->{stores}[0]{tracking_max}, 1_000_000, 'and how many it may');
    is(status($nginx)->{stores}[1]{tracking_max}, undef, 'which no other store says');
    is($keys->($nginx, 1), undef, 'nothing of a store that is not there');

    # of a partition whose proof is tracked already
    my $part = substr $f->holder('alice'), 0, 2;
    my @five = (grep { substr($f->holder("tracked $_"), 0, 2) eq $part } 1 .. 9999)[0 .. 4];
    is(ask($nginx, '/t', $f->issue(sub => "tracked $_")), 200, "holder $_") for @five;
    is($redis->(), $first + 5, 'Redis tracks each holder that was read');
    $until->($nginx, $first + 5, 'so the number rises');

    my %said;
    for (1 .. 200) {
        last if keys %said == 2;
        my $answer = get($nginx->sock, '/pid', []);
        $said{ $answer->{header}{'x-pid'} } = JSON::PP->new->utf8->decode($answer->{body})
            ->{stores}[0]{tracking_keys};
    }
    is_deeply([ values %said ], [ ($first + 5) x 2 ], 'both workers say the same');
    my $text = get($nginx->sock, '/prometheus', [])->{body};
    like($text, qr/^healthcode_store_tracking_keys\{store="flags"\} ${\ ($first + 5)}$/m,
         'and Prometheus reads it');
    like($text, qr/^healthcode_store_tracking_max_keys\{store="flags"\} 1000000$/m,
         'and the most that it may be');
    unlike($text, qr/^healthcode_store_tracking\S*"second"/m,
           'and nothing of the other store');

    for my $key (map { $f->risk("tracked $_") } @five) {
        $f->redis->cmd('HSET', $key, 'suspected', 0);
        $f->redis->cmd('DEL', $key);
    }
    $until->($nginx, $first, 'what has changed is not tracked any more');

    $f->redis->freeze;
    $until->($nginx, 'null', 'while Redis does not answer, it is not known',
             sub { ask($nginx, '/t', $f->issue(sub => "frozen $_[0]")) });
    $f->redis->thaw;
    ask($nginx, '/t', $alice);
    $until->($nginx, $redis->(), 'and then it is again');
    ends_well($nginx, 'tracked keys', qr/store "\w+" at/);

    # a right to less: INFO of another section is refused
    my @acl = grep { $_ ne '+info' } split / /, Healthcode::Redis::gate_acl();
    $f->redis->cmd('ACL', 'SETUSER', 'narrow', 'on', '>' . $f->password, @acl,
                   '+info|memory');
    $nginx = $config->(user => 'narrow', cache => 'tracked max_tracked=7')->start;
    is(ask($nginx, '/t', $alice), 200, 'a user who may not ask for it');
    sleep 2.5;
    is(ask($nginx, '/t', $f->issue(sub => 'narrow')), 200, 'is no outage');
    is($keys->($nginx), undef, 'the number is not known');
    is(status($nginx)->{stores}[0]{tracking_max}, 7, 'only the limit is');
    my ($beat) = @{ status($nginx)->{stores}[0] }{qw(lease_age_ms)};
    cmp_ok($beat, '<', 2000, 'and heartbeats are as good');
    ends_well($nginx, 'narrow', qr/store "second" at/);

    $nginx = $config->(cache => 'tracked max_tracked=0')->start;
    is(status($nginx)->{stores}[0]{tracking_max}, undef, 'no limit');
    unlike(get($nginx->sock, '/prometheus', [])->{body},
           qr/^healthcode_store_tracking_max_keys\{/m, 'which Prometheus is not told');
    ends_well($nginx, 'no limit', qr/store "second" at/);

    # without a cache nothing is tracked
    $nginx = $config->(cache => undef)->start;
    is(ask($nginx, '/t', $alice), 200, 'no cache');
    sleep 1.5;
    is($keys->($nginx), undef, 'and no number');
    is(status($nginx)->{stores}[0]{tracking_max}, undef, 'nor a limit');
    ends_well($nginx, 'no cache', qr/store "second" at/);
}


# ---- how stores stand ----

{
    my $second = $f->store_conf('second', server => 'unix:{{ROOT}}/nobody.sock');
    my $config = sub {
        my ($second) = @_;
        return gate("location /second { healthcode on; healthcode_risk second; "
                    . "alias $site/passed; }\n"
                    . "location /slow { limit_rate 200; alias $site/slow; }\n"
                    . 'location = /prometheus { healthcode_status prometheus; }',
                    main_http => "healthcode_risk flags; $second");
    };
    $f->write('site/slow', 'x' x 100_000);
    my $nginx = $config->($second)->start;

    # what is said of a store, without what changes by itself; the kernel may
    # give a connection to a worker that is stopped
    my $state = sub {
        my ($name) = @_;
        my $answer;
        for (1 .. 50) {
            $answer = eval { get($nginx->sock, '/status', [], timeout => 0.5) };
            last if $answer && $answer->{status};
        }
        my ($store) = grep { $_->{store} eq $name }
            @{ JSON::PP->new->utf8->decode($answer->{body})->{stores} };
        my %state = map { $_ => $store->{$_} }
            qw(up reason since workers_up workers_down);
        $state{up} = $state{up} ? 1 : 0;
        return \%state;
    };
    my $stands = 0;     # an idle gate hardly looks at its store
    my $until = sub {
        my ($name, $what, %expected) = @_;
        my $got;
        for (1 .. 500) {
            $got = $state->($name);
            last if !grep { ($got->{$_} // 'null') ne $expected{$_} } keys %expected;
            ask($nginx, '/t', $alice) if $stands;
            sleep 0.05;
        }
        is_deeply({ map { $_ => $got->{$_} // 'null' } keys %expected }, \%expected,
                  "$name: $what");
        return $got;
    };
    my @up = (up => 1, reason => 'null', workers_down => 0);

    my $flags = $until->('flags', 'up for both workers', @up, workers_up => 2);
    cmp_ok(abs(time - $flags->{since}), '<', 10, 'since now');
    my $other = $until->('second', 'down for both', up => 0, workers_up => 0,
                         workers_down => 2, reason => 'store_unavailable');
    cmp_ok(abs(time - $other->{since}), '<', 10, 'since now');
    my %answers = map { JSON::PP->new->canonical->encode(
        [ $state->('flags'), $state->('second') ]) => 1 } 1 .. 20;
    is(keys %answers, 1, 'whichever worker answers');

    my ($beat, $clock);
    for (1 .. 200) {
        ($beat, $clock) = @{ status($nginx)->{stores}[0] }
            {qw(lease_age_ms clock_difference_ms)};
        last if defined $beat;
        ask($nginx, '/t', $alice);
        sleep 0.05;
    }
    cmp_ok($beat // -1, '>=', 0, 'there was a heartbeat');
    cmp_ok($beat, '<', 40_000, 'not long ago, even where nobody stands');
    cmp_ok(abs($clock), '<', 2000, 'Redis has the clock of this machine');
    is(status($nginx)->{stores}[1]{lease_age_ms}, undef, 'none of the other store');
    is(status($nginx)->{stores}[1]{clock_difference_ms}, undef, 'nor its clock');
    is(status($nginx)->{stores}[0]{sentinel}, undef, 'no sentinel names them');

    my $text = get($nginx->sock, '/prometheus', [])->{body};
    unlike($text, qr/^healthcode_store_(?:sentinels|master)\w*\{/m, 'Prometheus: nor there');
    for my $line ('up{store="flags"} 1', 'up{store="second"} 0',
                  "state_since_time_seconds{store=\"flags\"} $flags->{since}",
                  "state_since_time_seconds{store=\"second\"} $other->{since}",
                  'workers{store="flags",state="up"} 2',
                  'workers{store="second",state="down"} 2')
    {
        like($text, qr/^healthcode_store_\Q$line\E$/m, "Prometheus: $line");
    }
    like($text, qr/^healthcode_store_heartbeat_age_seconds\{store="flags"\} [0-3]?\d\.\d{3}$/m,
         'and the heartbeat');
    like($text, qr/^healthcode_store_clock_difference_seconds\{store="flags"\} -?[01]\.\d{3}$/m,
         'and the clock');
    unlike($text, qr/^healthcode_store_(heartbeat|clock)\S*"second"/m,
           'which are left out where they are not known');

    sleep 1.1;      # another second
    my ($one) = $nginx->workers;
    kill 'STOP', $one;
    $until->('flags', 'a worker that does not run does not count', @up,
             workers_up => 1, since => $flags->{since});
    kill 'CONT', $one;
    $until->('flags', 'it goes on', @up, workers_up => 2);
    kill 'KILL', $one;
    ok($nginx->is_gone($one, 5), 'a worker is killed');
    $until->('flags', 'it is replaced, and the dead one forgotten', @up,
             workers_up => 2, since => $flags->{since});

    ok($nginx->reload, 'a reload');
    $until->('flags', 'is no change', @up, workers_up => 2, since => $flags->{since});
    $until->('second', 'is none of the other store', up => 0, workers_down => 2,
             since => $other->{since});

    # a worker of the old configuration, for which the store is down
    my $slow = dial($nginx->sock);
    syswrite $slow, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    sysread $slow, my $begun, 10;
    my @old = $nginx->workers;
    $nginx->configure($config->($f->store_conf('second'))->{http});
    kill 'HUP', $nginx->pid;
    my $now = $until->('second', 'up in the new configuration', @up, workers_up => 2);
    cmp_ok($now->{since}, '>', $other->{since}, 'since then');
    cmp_ok((grep { kill 0, $_ } @old), '>=', 1, 'while an old worker lives');
    $until->('second', 'which does not count', @up, workers_up => 2) for 1 .. 3;
    close $slow;

    $stands = 1;
    $f->redis->freeze;
    my $down = $until->('flags', 'Redis does not answer', up => 0, workers_down => 2,
                        reason => 'store_timeout');
    cmp_ok($down->{since}, '>', $flags->{since}, 'since then');
    $f->redis->thaw;
    $until->('flags', 'it answers again', @up, workers_up => 2);
    ends_well($nginx, 'how stores stand', qr/store "\w+" at|exited on signal 9/);
}


# ---- nothing is lost ----

# Clients that ask without end until told to stop: what each was answered; over
# HTTP/2 twenty at once.
sub load {
    my ($nginx, $http, $n) = @_;
    my $to = $http eq 'HTTP/2' ? $nginx->root . '/h2.sock' : $nginx->sock;
    my $stop = $f->path("stop-$$-" . int rand 1e9);
    my @clients = map {
        Healthcode::Process->spawn(sub {
            my %count;
            my $until = time + 60;
            while (!-e $stop && time < $until) {
                if ($http eq 'HTTP/2') {
                    my $got = eval { at_once($to, 1, 20, '/t', [ $alice, $bob ], 8) }
                        || { failed => 20 };
                    $count{ /^(200|403 flagged)$/ ? $_ : 'failed' } += $got->{$_}
                        for keys %$got;
                    next;
                }
                for my $code ($alice, $bob) {
                    my $answer = eval { get($to, '/t',
                        [ "Authorization: Bearer $code" ], timeout => 8) };
                    $count{ $answer && $answer->{status}
                            ? answer_of($answer) : 'failed' }++;
                }
            }
            print map { "$_=$count{$_}\n" } sort keys %count;
        }) } 1 .. $n;

    return sub {
        open my $fh, '>', $stop or die "$stop: $!";
        close $fh;
        my %sum = map { $_ => 0 } 200, '403 flagged', 'failed';
        for my $client (@clients) {
            $client->wait(15) // die 'a client does not end';
            my $out = $client->output;
            $sum{$1} += $2 while $out =~ /^(.*)=(\d+)$/mg;
        }
        return %sum;
    };
}


# Compares what was answered with what was counted since; at most $lost requests
# were answered by a worker that was killed before it counted them.
sub adds_up {
    my ($nginx, $what, $before, $answered, $lost) = @_;
    my %of = (200 => '/t gate.example national allow ok',
              '403 flagged' => '/t gate.example national deny flagged');
    my $failed = delete $answered->{failed};
    is(join(' ', sort keys %$answered), '200 403 flagged',
       "$what: no other answer is given");
    my $all = 0;
    $all += $_ for values %$answered;
    $lost //= 0;
    my $now;
    for (1 .. 100) {
        $now = counted($nginx);
        last if sum($now) - sum($before) >= $all;
        sleep 0.02;
    }
    my $counted = sum($now) - sum($before);
    note "$what: $all answered, $failed failed, $counted counted";

    # one without an answer may have been counted, or never have come
    for my $answer (sort keys %of) {
        my $more = ($now->{ $of{$answer} } || 0) - ($before->{ $of{$answer} } || 0)
            - $answered->{$answer};
        ok($more >= -$lost && $more <= $failed,
           "$what: every $answer is counted, once ($more more)");
    }
    cmp_ok($counted, '>=', $all - $lost, "$what: none is lost");
    cmp_ok($counted, '<=', $all + $failed, "$what: none is counted twice");
}


for my $http ('HTTP/1', 'HTTP/2') {
    my $nginx = gate('')->start;
    my $before = counted($nginx);
    my $end = load($nginx, $http, 3);
    my $reloads = 0;
    for (1 .. 6) {
        $reloads += $nginx->reload ? 1 : 0;
        my ($status) = $nginx->check;
        is($status, 0, 'nginx -t, beside a reload');
    }
    is($reloads, 6, "$http: six reloads under load");
    adds_up($nginx, "$http, reloads", $before, { $end->() });
    my @memory = grep { m{memfd:healthcode} } map { readlink } glob
        "/proc/${\ $nginx->pid}/fd/*";
    is(@memory, 1, 'there is one memory of counters');
    my @parts = "@memory" =~ /-([\da-f]+)\b/g;
    is(@parts, 4, 'its name is of three parts, and of the list of reasons');
    is(join(' ', sort @parts[0 .. 2]),
       join(' ', sort map { slurp("$core/healthcode_$_.h") =~ /_LAYOUT +UINT64_C\(0x(\w+)\)/ }
            qw(counters standing history)), 'whose name has the layout of each part');
    ends_well($nginx, 'reloads');
}

for my $http ('HTTP/1', 'HTTP/2') {
    my $nginx = gate('')->start;
    my $before = counted($nginx);
    my $end = load($nginx, $http, 3);
    for (1 .. 3) {
        sleep 0.3;
        my ($one) = $nginx->workers;
        kill 'KILL', $one;
        ok($nginx->is_gone($one, 5), "$http: a worker is killed under load");
    }
    sleep 0.3;
    adds_up($nginx, "$http, killed workers", $before, { $end->() },
            3 * 3 * ($http eq 'HTTP/2' ? 20 : 1));
    ends_well($nginx, 'killed workers', qr/exited on signal 9/);
}

# The gates change their order, their names stay.
{
    my $other = "location /o { healthcode on; healthcode_audience hall; "
              . "alias $site/passed; }";
    my $nginx = gate('', workers => 1)->start;
    ask($nginx, '/t', $alice) for 1 .. 3;
    $nginx->configure(gate($other . 'location /p { healthcode on; '
                           . 'healthcode_name p; return 204; }')->{http});
    ok($nginx->reload, 'a reload with more gates');
    ask($nginx, '/t', $alice) for 1 .. 2;
    ask($nginx, '/o', $alice);
    is_counted($nginx, { '/t gate.example national allow ok' => 5,
                         '/o gate.example national deny audience' => 1 },
               'what was counted stays with its gate');
    $nginx->configure(gate('', workers => 1)->{http});
    ok($nginx->reload, 'a reload that takes one away');
    is_counted($nginx, { '/t gate.example national allow ok' => 5,
                         '/o gate.example national deny audience' => 1 },
               'whose counters stay');
    ends_well($nginx, 'gates that come and go');
}

SKIP: {
    skip 'a static module has no file to replace', 1
        if $Healthcode::Fixture::STATIC;
    my $module = $f->path('replaced.so');
    my $copy = sub { system('cp', $f->module, "$module.new") == 0
                         && rename "$module.new", $module or die $! };
    $copy->();
    my $nginx = gate('', workers => 1);
    $nginx->{module} = $module;
    $nginx->configure($nginx->{http});
    $nginx->start;
    ask($nginx, '/t', $alice) for 1 .. 3;
    $copy->();
    ok($nginx->reload, 'a reload after the file of the module was replaced');
    ask($nginx, '/t', $alice) for 1 .. 2;
    is_counted($nginx, { '/t gate.example national allow ok' => 5 },
               'it counts on');
    ends_well($nginx, 'a module that was replaced');
}

SKIP: {
    skip 'root alone can take /proc away from a process', 1 if $>;
    skip 'a sanitizer looks for leaks by /proc', 1 if $Healthcode::Fixture::STATIC;
    my $nginx = gate('', workers => 1);
    $nginx->{wrap} = [ 'unshare', '-m', 'sh', '-c',
                       'mount -t tmpfs none /proc && exec "$@"', 'sh' ];
    $nginx->start;
    ask($nginx, '/t', $alice) for 1 .. 3;
    ok($nginx->reload, 'a reload where nginx cannot list its descriptors');
    ask($nginx, '/t', $alice) for 1 .. 2;
    is_counted($nginx, { '/t gate.example national allow ok' => 5 },
               'it counts on');
    like($nginx->error_log, qr{\[notice\].*upgraded while it runs: /proc/self/fd cannot be},
         'and says what it cannot do');
    ends_well($nginx, 'descriptors that are not listed');
}

# ---- an upgrade while it runs ----

for my $http ('HTTP/1', 'HTTP/2') {
    my $nginx = gate('', daemon => 1)->start;
    my $before = counted($nginx);
    my $since = status($nginx)->{counting_since};
    my $end = load($nginx, $http, 3);
    sleep 0.3;
    my ($old, @old) = $nginx->upgrade;
    ok($old, "$http: a new nginx serves beside the old one");
    sleep 0.5;
    is(@old, 2, 'whose workers serve as well');
    ok($nginx->finish_upgrade($old, @old), 'and end, and the old nginx');
    sleep 0.2;
    adds_up($nginx, "$http, an upgrade", $before, { $end->() });
    my $minutes = minutes($nginx);
    is($minutes->{allow}, counted($nginx)->{'/t gate.example national allow ok'},
       'the minutes went on');
    is(status($nginx)->{counting_since}, $since, 'an upgrade: counting went on');

    my $middle = counted($nginx);
    ok($nginx->reload, 'the new one reloads');
    ask($nginx, '/t', $alice);
    $middle->{'/t gate.example national allow ok'}++;
    is_counted($nginx, $middle, 'and still counts on');
    ends_well($nginx, 'an upgrade');
}


# ---- more than there is room for ----

{
    my $n = 4300;
    my $nginx = gate(join('', map { "location = /g$_ { healthcode on; }\n" }
                     1 .. $n), workers => 1)->start;
    my ($bytes) = exchange($nginx->sock, join('', map {
        "GET /g$_ HTTP/1.1\r\nHost: x\r\n"
        . ($_ == $n ? "Connection: close\r\n" : '') . "\r\n" } 1 .. $n), 60);
    my %answers;
    $answers{ answer_of($_) }++ for answers($bytes);
    is_deeply(\%answers, { '401 missing' => $n },
              'more gates than there are counters');
    my $got = counted($nginx);
    is(sum($got), $n, 'each request is counted all the same');
    cmp_ok($got->{'other other other other other'} || 0, '>=', $n - 4103,
           'the rest together');
    is((grep { !/^other / && $got->{$_} != 1 } keys %$got), 0,
       'those that have a counter have it for themselves');
    is((grep { /\[warn\].*too many gates, issuers and reasons/ }
        split /\n/, $nginx->error_log), 1, 'and that is said, once');
    is_counted($nginx, { map { ("/g$_ gate.example - deny missing" => 1) } 1 .. $n },
               'each gate', \&logged);
    is(ask($nginx, '/g1'), '401 missing', 'one that has a counter');
    $got->{'/g1 gate.example - deny missing'}++;
    is_counted($nginx, $got, 'keeps it', \&counted);
    ends_well($nginx, 'more than there is room for');
}


# ---- the last hour ----

{
    ok($hour->reload, 'a reload in the hour');
    my ($one) = $hour->workers;
    kill 'KILL', $one;
    ok($hour->is_gone($one, 5), 'and a worker that is killed');
    is_deeply(minutes($hour), \%hour, 'its sums go on');

    my $ends = $hour_began - $hour_began % 60 + 60;
    sleep 0.2 while time < $ends + 0.5;
    is(ask($hour, '/t', $alice), 200, 'another minute');
    $hour{allow}++;
    $hour{lookups}++;
    my $got;
    for (1 .. 100) {
        $got = status($hour)->{minutes};
        last if grep { $_->{time} >= $ends && $_->{allow} } @$got;
        sleep 0.02;
    }
    is_deeply(minutes($hour), \%hour, 'the sums of both');
    my ($first) = grep { $_->{time} == $ends - 60 } @$got;
    is($first->{deny}{flagged}, 2, 'the first has what was in it');
    is($first->{allow}, 3, 'and nothing of the next one');
    cmp_ok(scalar @$got, '<=', 61, 'an hour at most');
    ends_well($hour, 'the last hour', qr/store "\w+" at|exited on signal 9/);
}

done_testing;
