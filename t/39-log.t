# $healthcode_json: one object of JSON a request, with what was counted, and no
# text that a stranger wrote; healthcode_log_holder.  docs/monitoring/log.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Docs qw(document);
use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answer_of);
use Healthcode::Jws qw(json);
use Healthcode::Nginx;
use Healthcode::Process;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');
my $carol = $f->code('CAROL');
my $forged = substr($alice, 0, -8) . 'AAAAAAAA';

$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);
$f->write('site/ssi.html', qq(<!--#include virtual="/part" -->\n));


sub gate {
    my ($locations, %opt) = @_;
    my $http = $opt{http} // $f->http_conf;
    my $more = $opt{more} // '';
    return Healthcode::Nginx->new(module => $f->module, http => <<"END");
$http
$more
log_format line escape=none '\$healthcode_json';
access_log {{ROOT}}/logs/all.json line;
access_log {{ROOT}}/logs/gate.json line if=\$healthcode_json;
server {
    listen unix:{{SOCK}};
    server_name gate.example;
    location /alive { access_log off; return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /plain { alias $site/passed; }
$locations
}
END
}


# The last $n lines of a log that has at least $least, as texts.
sub lines {
    my ($nginx, $n, $least, $name) = @_;
    my @lines;
    for (1 .. 250) {
        open my $in, '<', $nginx->root . '/logs/' . ($name || 'gate.json')
            or die "$!";
        @lines = <$in>;
        last if @lines >= $least;
        sleep 0.02;
    }
    chomp @lines;
    return @lines[-$n .. -1];
}


# What one request logs.
my %count;
sub one {
    my ($nginx, $uri, $code, %opt) = @_;
    my $answer = answer_of(get($nginx->sock, $uri, [
        defined $code ? "Authorization: Bearer $code" : () ], %opt));
    my ($line) = lines($nginx, 1, ++$count{$nginx});
    return { answer => $answer, %{ JSON::PP->new->utf8->decode($line) } };
}


sub ends_well {
    my ($nginx, $what) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing wrong is in its log");
}


# Of a line what does not differ from run to run.
sub steady {
    my ($line) = @_;
    return join ' ', map { "$_=" . ($line->{$_} // 'null') }
        grep { !/^(time|lookup_ms|server|answer)$/ } sort keys %$line;
}


# ---- a line ----

{
    my $odd = qq(a"b\\c{}\x{202e}\x{95e8});
    $f->write('odd.jwks', json({ keys => [ { kty => 'oct', kid => $odd,
        alg => 'HS256', k => Healthcode::Jws::b64($f->secret) } ] }), 0644);
    my $nginx = gate(<<"END", more => $f->issuer_conf('odd',
    location /named { healthcode_name 'a"b\\\\c'; healthcode on;
                      alias $site/passed; }
    location /audit { healthcode audit; alias $site/passed; }
    location /site { healthcode on; healthcode_issuers site odd;
                     alias $site/passed; }
    location /page-refuses { healthcode on; error_page 403 /site;
                             alias $site/passed; }
    location /early { healthcode on; set \$early "\$healthcode_json";
                      add_header X-Early "\$early" always;
                      alias $site/passed; }
    location /header { healthcode on; alias $site/passed;
                       add_header X-Line "\$healthcode_json" always; }
    location /any-open { satisfy any; healthcode on; allow all;
                         alias $site/passed; }
    location /part { log_subrequest on; alias $site/passed; }
    location /ssi { healthcode on; ssi on; ssi_types *; alias $site/ssi.html; }
END
        iss => 'https://odd.example', keys => $f->path('odd.jwks'),
        algorithms => 'HS256'))->start;

    my $before = time;
    my $line = one($nginx, '/t', $alice);
    my ($text) = lines($nginx, 1, 1);
    like($text, qr/^\{"time":\d+\.\d{3},"gate":"\/t","server":"gate\.example","verdict":"allow","reason":"ok","issuer":"national","kid":"nat-es","lookup_ms":\d+\.\d{3},"code":null,"holder":null\}$/,
         'an honest code');
    ok($line->{time} >= int($before * 1000) / 1000 - 0.1 && $line->{time} <= time,
       'its time is that of the end');
    cmp_ok($line->{lookup_ms}, '>', 0, 'the lookup took its time');
    cmp_ok($line->{lookup_ms}, '<', 4000, 'which is in milliseconds');

    for my $case (
        [ '/t', undef, 'code=null gate=/t holder=null issuer=- kid=null reason=missing verdict=deny' ],
        [ '/t', 'abc', 'code=null gate=/t holder=null issuer=- kid=null reason=malformed verdict=deny' ],
        [ '/t', $forged, 'code=null gate=/t holder=null issuer=national kid=null reason=signature verdict=deny' ],
        [ '/t', $f->issue(iss => 'https://stranger.example'), 'code=null gate=/t holder=null issuer=- kid=null reason=issuer verdict=deny' ],
        [ '/t', $f->site(header => { kid => 'stranger' }), 'code=null gate=/t holder=null issuer=site kid=null reason=key verdict=deny' ],
        [ '/t', $bob, 'code=null gate=/t holder=null issuer=national kid=nat-ed reason=flagged verdict=deny' ],
        [ '/named', $alice, 'code=null gate=a"b\c holder=null issuer=national kid=nat-es reason=ok verdict=allow' ],
        [ '/audit', $bob, 'code=null gate=/audit holder=null issuer=national kid=nat-ed reason=flagged verdict=audit_deny' ],
        [ '/any-open', $bob, 'code=null gate=/any-open holder=null issuer=national kid=nat-ed reason=flagged verdict=overruled' ])
    {
        my ($uri, $code, $expected) = @$case;
        is(steady(one($nginx, $uri, $code)), $expected, $expected);
    }

    $line = one($nginx, '/site', $f->site(header => { kid => $odd },
        claims => { iss => 'https://odd.example', sub => 'dan' }));
    is("$line->{answer} $line->{issuer}", '200 odd', 'an odd name of a key');
    is($line->{kid}, $odd, 'is escaped');
    ($text) = lines($nginx, 1, 1);
    like($text, qr/"kid":"a\\"b\\\\c\{\}\\u202e\xe9\x97\xa8"/,
         'so that nothing of it misleads');

    # another gate judges after the one that counts
    $line = one($nginx, '/page-refuses', $bob);
    is("$line->{answer} $line->{gate} $line->{reason}",
       '403 flagged /page-refuses flagged', 'a page behind a gate that refuses');
    is("$line->{issuer} $line->{kid}", 'national nat-ed',
       'what counts is of one judgement');
    cmp_ok($line->{lookup_ms}, '>', 0, 'also its lookup');

    # what is asked for too early is asked for again
    $line = get($nginx->sock, '/early', [ "Authorization: Bearer $bob" ]);
    $count{$nginx}++;
    is($line->{header}{'x-early'}, undef, 'there is none before the verdict');
    for my $log ('all.json', 'gate.json') {
        ($text) = lines($nginx, 1, $count{$nginx}, $log);
        like($text, qr/"gate":"\/early".*"reason":"flagged"/, "but in $log");
    }
    $line = get($nginx->sock, '/header', [ "Authorization: Bearer $bob" ]);
    $count{$nginx}++;
    like($line->{header}{'x-line'}, qr/^\{"time".*"reason":"flagged"/,
         'there is one for a header');

    # a line is a request
    is(one($nginx, '/ssi', $alice)->{gate}, '/ssi', 'a request with a part');
    is(scalar(grep { m{"/ssi"} } lines($nginx, $count{$nginx}, $count{$nginx})),
       1, 'whose subrequest has no line');
    is(answer_of(get($nginx->sock, '/plain', [])), 200, 'where no gate is');
    is(answer_of(get($nginx->sock, '/t', [])), '401 missing', 'and then a gate');
    ($text) = lines($nginx, 1, ++$count{$nginx});
    like($text, qr/"reason":"missing"/, 'there is a line of the gate alone');
    is((lines($nginx, 2, $count{$nginx} + 2, 'all.json'))[0], '',
       'without "if" there is an empty one before it');
    ends_well($nginx, 'a line');
}


# ---- the caches, and lookups that are shared ----

{
    my $nginx = gate('', more => 'healthcode_code_cache both;',
                     http => "healthcode_zone both 1m;\n"
                     . $f->pepper_conf . $f->issuers_conf
                     . $f->store_conf('flags', cache => 'both'))->start;
    is(steady(one($nginx, '/t', $alice)),
       'code=miss gate=/t holder=miss issuer=national kid=nat-es reason=ok verdict=allow',
       'who comes first');
    my $line;
    for (1 .. 100) {    # a lease begins with a heartbeat
        $line = one($nginx, '/t', $alice);
        last if $line->{holder} eq 'hit';
        sleep 0.05;
    }
    is(steady($line),
       'code=hit gate=/t holder=hit issuer=national kid=nat-es reason=ok verdict=allow',
       'and then again');
    is($line->{lookup_ms}, undef, 'asks nobody');
    ends_well($nginx, 'caches');
}

{
    my $nginx = gate('')->start;
    is(one($nginx, '/t', $carol)->{answer}, 200, 'the store is there');
    $f->redis->freeze;
    my @waiting = map { dial($nginx->sock) } 1 .. 3;
    for my $client (@waiting) {
        syswrite $client, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            . "Authorization: Bearer $alice\r\n\r\n";
    }
    sleep 0.2;
    $f->redis->thaw;
    exchange($_, '') for @waiting;
    my @lines = map { JSON::PP->new->utf8->decode($_) } lines($nginx, 3, 4);
    is(scalar(grep { $_->{verdict} eq 'allow' && $_->{lookup_ms} > 0 } @lines), 3,
       'each of those that share a lookup has its time');
    ends_well($nginx, 'shared');
}


# ---- the pseudonym ----

{
    my $nginx = gate(<<"END", more => '')->start;
    location /on { healthcode on; healthcode_log_holder on; alias $site/passed;
        location /on/off { healthcode on; healthcode_log_holder off;
                           alias $site/passed; }
    }
    location /on-refuses { healthcode on; healthcode_log_holder on;
                           error_page 403 /site; alias $site/passed; }
    location /off-refuses { healthcode on; error_page 403 /on-site;
                            alias $site/passed; }
    location /site { healthcode on; healthcode_issuers site;
                     alias $site/passed; }
    location /on-site { healthcode on; healthcode_issuers site;
                        healthcode_log_holder on; alias $site/passed; }
    location /no-store { healthcode on; healthcode_risk off;
                         healthcode_log_holder on; alias $site/passed; }
END
    my $holder = $f->holder('bob');
    is(one($nginx, '/on', $bob)->{pseudonym}, $holder, 'a holder, where it says so');
    is(one($nginx, '/no-store', $bob)->{pseudonym}, $holder, 'without a store as well');
    is(one($nginx, '/on-refuses', $bob)->{pseudonym}, $holder,
       'that of the judgement that counts');
    for my $case ([ '/on', undef ], [ '/on', $forged ]) {
        my $line = one($nginx, @$case);
        ok(exists $line->{pseudonym} && !defined $line->{pseudonym},
           "$line->{reason}: null");
    }
    for my $uri ('/t', '/on/off', '/off-refuses') {
        my $line = one($nginx, $uri, $bob);
        is($line->{reason}, 'flagged', "$uri refuses him");
        ok(!exists $line->{pseudonym}, 'and says nothing of him');
    }
    ok(!(grep { /"gate":"\/(t|off|on\/off)/ && /$holder/ }
         lines($nginx, $count{$nginx}, $count{$nginx})), 'nowhere');
    ends_well($nginx, 'the pseudonym');
}

# ---- the recipes of the page ----

{
    my $page = document($Healthcode::Fixture::ROOT, 'docs/monitoring/log.md');
    my ($rotate) = grep { $_->{section} eq 'Rotation' } @{ $page->{fences} };
    my ($refused, $slow) = grep { $_->{section} eq 'Asking it' } @{ $page->{fences} };
    my $nginx = gate('location /slow { healthcode on; }')->start;
    my $root = $nginx->root;
    my $log = "$root/logs/gate.json";
    for ([ '/t', $alice ], [ '/t', $bob ], [ '/slow', undef ], [ '/t', $bob ]) {
        one($nginx, @$_);
    }

    my $shell = sub {
        my ($command) = @_;
        my $process = Healthcode::Process->spawn([ 'sh', '-c',
            "cd '$root/logs' && $command" ]);
        return ($process->wait(20) // 'no end') . "\n" . $process->output;
    };
    like($shell->($refused->{text}),
         qr{^0\n +2 /t\tflagged\n +1 /slow\tmissing\n$}, 'jq: who was refused, and why');
    is($shell->($slow->{text}), "0\n", 'jq: which lookups were slow');
    my ($first) = lines($nginx, 4, 4);
    $f->write('mixed', "no JSON\n$first\n[1]\n");
    $first = JSON::PP->new->utf8->decode($first);
    is_deeply(JSON::PP->new->utf8->decode((split /\n/, $shell->(
        "jq -cR 'fromjson? | objects' " . $f->path('mixed')))[1]), $first,
        'jq: lines of another kind are passed over');

    SKIP: {
        skip 'logrotate creates files of another user', 3 if $> != 0;
        my $conf = $rotate->{text};
        $conf =~ s{/var/log/nginx}{$root/logs};
        $conf =~ s{/run/nginx\.pid}{$root/nginx.pid}g;
        $f->write('rotate', $conf, 0644);
        is($shell->("logrotate -f -s '$root/state' " . $f->path('rotate')), "0\n",
           'logrotate takes the recipe');
        is(scalar(my @old = do { open my $in, '<', "$log.1" or die "$!"; <$in> }), 4,
           'the old one has all lines');
        my $there = 0;
        for (1 .. 100) {
            get($nginx->sock, '/t', []);
            last if $there = -s $log;
            sleep 0.05;
        }
        ok($there, 'and the new one the next');
    }
    ends_well($nginx, 'the recipes');
}


# ---- attributes of spans, which are asked for in the log phase as well ----

{
    my $page = document($Healthcode::Fixture::ROOT, 'docs/monitoring/tracing.md');
    my ($recipe) = grep { $_->{section} eq 'The recipe' } @{ $page->{fences} };
    my @attributes = $recipe->{text} =~ /^ *otel_span_attr (healthcode\.\w+) +(\$\w+);$/mg;
    is(scalar @attributes, 12, 'six attributes');
    my %variable = @attributes;
    my $span = join ' ', map { "$_=[$variable{$_}]" } sort keys %variable;
    my ($table) = grep { $_->{head}[0] eq 'request' } map { $_ } @{ $page->{rows} };
    ok($table, 'and a table of their values');

    my $nginx = gate(<<"END", more => "log_format span '$span \$request_uri';")->start;
    location /span { healthcode on; access_log {{ROOT}}/logs/span.log span;
                     healthcode_source query code; error_page 401 /page;
                     alias $site/passed; }
    location /audit { healthcode audit; access_log {{ROOT}}/logs/span.log span;
                      alias $site/passed; }
    location /page { access_log {{ROOT}}/logs/span.log span; alias $site/passed; }
    location = /moved { error_page 412 /waits; alias $site/passed; }
    location = /waits { healthcode on; post_action /after; alias $site/passed; }
    location = /after { access_log {{ROOT}}/logs/span.log span;
                        alias $site/passed; }
END
    my $n = 0;
    my $one = sub {
        my ($uri, @headers) = @_;
        get($nginx->sock, $uri, [ @headers ]);
        return (lines($nginx, 1, ++$n, 'span.log'))[0];
    };
    my $is = sub {
        my ($line, $what, $verdict, $reason, $issuer) = @_;
        like($line, qr/healthcode\.issuer=\[$issuer\].*healthcode\.reason=\[$reason\].*healthcode\.verdict=\[$verdict\]/,
             $what);
        my ($row) = grep { $_->{cells}[0] eq $what } @{ $page->{rows} };
        is(join(' ', map { s/`//gr } @{ $row->{cells} }[1 .. 3]),
           join(' ', map { s/\\?-//r } $verdict, $reason,
                $issuer eq 'national' ? 'its NAME' : $issuer), "as the table has it");
    };
    my $line = $one->("/span?code=$alice");
    $is->($line, 'an honest code', 'allow', 'ok', 'national');
    like($line, qr/healthcode\.lookup_us=\[\d+\]/, 'its lookup took time');
    like($line, qr{ /span$}, 'the code is out of what is the target');
    $is->($one->('/span'), 'no code', 'deny', 'missing', '-');
    $is->($one->("/span?code=$bob"), 'a flagged holder', 'deny', 'flagged', 'national');
    $is->($one->('/audit', "Authorization: Bearer $bob"),
          'healthcode audit, a flagged holder' =~ s/^(healthcode audit)/`$1`/r,
          'deny', 'flagged', 'national');
    $is->($one->('/page'), 'no gate was asked', '-', '-', '-');
    $f->redis->freeze;
    my $gone = dial($nginx->sock);
    syswrite $gone, join "\r\n", 'GET /moved HTTP/1.1', 'Host: x',
        "Authorization: Bearer $alice", 'If-Match: "nothing"', 'Connection: close', '', '';
    $is->((lines($nginx, 1, ++$n, 'span.log'))[0], 'ended before the verdict', '-', '-', '-');
    $f->redis->thaw;
    ends_well($nginx, 'attributes of spans');
}


for my $case (
    [ 'on', '', qr/^$/, 'a pepper and a store' ],
    [ 'off', 'no pepper', qr/^$/, 'it is off' ],
    [ 'on', 'no pepper',
      qr/ \[warn\] \S+ healthcode: location "\/h" has "healthcode_log_holder on", but no holder has a pseudonym; write "healthcode_pepper_file FILE;" in the http block, or take the line out in server "gate\.example" in \S+nginx\.conf:\d+$/,
      'no pepper' ])
{
    my ($word, $without, $expected, $what) = @$case;
    my $nginx = gate("location /h { healthcode on; healthcode_log_holder $word; "
                     . 'location /h/inner { healthcode_max_age 9m; } }',
                     http => $without ? $f->issuers_conf : $f->http_conf);
    my ($status, $out) = $nginx->check;
    is($status, 0, "nginx -t, healthcode_log_holder $word: $what");
    like(join("\n", grep { /log_holder/ } split /\n/, $out), $expected,
         'and what it says');
}

done_testing;
