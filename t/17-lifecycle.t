# The life of an issuer: codes from not_before to the sunset and no longer, the
# header Sunset before it, on every answer and once; and what the command calls
# back at once.  docs/operations.md, "Phasing an issuer out".

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get exchange answers answer_of);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;

my $f    = Healthcode::Fixture->new;
my $site = $f->path('site');
my $day  = 86400;

$f->write('site/sorry.html', "please try the other door\n");


# What is written for a time, and what the header says of it; by another
# program than ours.
sub at   { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }
sub http {
    local $ENV{LC_ALL} = 'C';
    chomp(my $text = `date -u -d \@$_[0] '+%a, %d %b %Y %H:%M:%S GMT'`);
    return $text;
}


# The fixture's issuers, with more lines for some of them.
sub issuers {
    my (%more) = @_;
    return join '', map { my $text = $f->issuer_conf($_);
                          my $lines = $more{$_} // '';
                          $text =~ s/\}\n$/$lines\n}\n/r }
        qw(national province site);
}


my $LOCATIONS = <<"END";
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /off { alias $site/passed; }
    location /audit { healthcode audit; alias $site/passed; }
    location /norisk { healthcode on; healthcode_risk off; alias $site/passed; }
    location /hall { healthcode on; healthcode_audience hall; alias $site/passed; }
    location /page {
        healthcode on;
        healthcode_audience hall;
        error_page 401 /sorry.html;
        alias $site/passed;
    }
    location /named {
        healthcode on;
        healthcode_audience hall;
        error_page 401 = \@named;
        alias $site/passed;
    }
    location \@named { root $site; try_files /sorry.html =404; }
    location = /sorry.html { alias $site/sorry.html; }
    location /nothing { healthcode on; alias $site/nothing; }
    location /nothing-page {
        healthcode on;
        error_page 404 /sorry.html;
        alias $site/nothing;
    }
    location /try { healthcode on; try_files /nowhere /hall-try; }
    location = /hall-try { healthcode on; healthcode_audience hall; alias $site/passed; }
    location /again { healthcode on; try_files /nowhere /t; }
    location /leave { healthcode on; try_files /nowhere /off; }
    location /forget { healthcode on; try_files /nowhere /other; }
    location = /other { healthcode on; healthcode_issuers site; alias $site/passed; }
    location /any {
        satisfy any;
        healthcode on;
        healthcode_audience hall;
        deny all;
        alias $site/passed;
    }
    location /any-open {
        satisfy any;
        healthcode on;
        healthcode_audience hall;
        allow all;
        alias $site/passed;
    }
    location /proxy { healthcode on; proxy_pass http://unix:{{SOCK}}:/upstream; }
    location /proxy-ends { healthcode on; proxy_pass http://unix:{{SOCK}}:/ends; }
    location /upstream { return 200 "upstream\\n"; }
    location /ends { add_header sunset "upstream's own"; return 200 "ends\\n"; }
    location /accel { healthcode on; proxy_pass http://unix:{{SOCK}}:/to-t; }
    location /to-t { add_header X-Accel-Redirect /t; return 200; }
    location /addition {
        healthcode on;
        ssi on;
        alias $site/ssi.html;
    }
END
$f->write('site/ssi.html',
          qq(<!--#include virtual="/t" --><!--#include virtual="/off" -->\n));


sub gate {
    my ($issuers, %opt) = @_;
    my $conf = $f->pepper_conf . $issuers
        . $f->store_conf('flags', %{ $opt{store} || {} });
    return Healthcode::Nginx->new(
        module => $f->module, workers => $opt{workers} || 1,
        http => "$conf\nssi_types *;\nserver {\n    listen unix:{{SOCK}};\n"
              . ($opt{locations} // $LOCATIONS) . "}\n")->start;
}


sub ask {
    my ($gate, $uri, $code, %opt) = @_;
    return get($gate->sock, $uri, [
        defined $code ? "Authorization: Bearer $code" : (),
        @{ $opt{headers} || [] } ], method => $opt{method});
}


# All values of the header, as one text; '' if there is none.
sub sunset_of {
    my ($answer) = @_;
    return join ' & ', map { $_->[1] }
        grep { lc $_->[0] eq 'sunset' } @{ $answer->{headers} };
}


sub is_answer {
    my ($gate, $what, $uri, $code, $expected, $sunset, %opt) = @_;
    my $answer = ask($gate, $uri, $code, %opt);
    is(answer_of($answer), $expected, $what);
    is(sunset_of($answer), $sunset, "$what: " . ($sunset ? 'the header, once'
                                                         : 'no header'));
    return $answer;
}


# ---- refused: before its day, after its day ----

my $now = int time;

{
    my $gate = gate(issuers(
        national => 'sunset ' . at($now - 1) . ';',
        province => 'not_before ' . at($now + $day) . ';',
        site     => 'not_before ' . at($now - 10) . '; sunset '
                  . at($now + 40 * $day) . ';'));
    my $alice = $f->issue(sub => 'alice');
    my $dora  = $f->issue(key => 'prov-es', sub => 'dora');

    my $answer = is_answer($gate, 'a code of an issuer past its sunset', '/t',
                           $alice, '401 issuer_sunset', '');
    like($answer->{header}{'www-authenticate'},
         qr/error="invalid_token", error_description="issuer_sunset"/,
         'it is told that the code is of no use');
    like($answer->{body}, qr/no longer accepted; get a code of another issuer/,
         'and what to do');
    is_answer($gate, 'its EdDSA key likewise', '/t',
              $f->issue(sub => 'bob', key => 'nat-ed'), '401 issuer_sunset', '');
    $answer = is_answer($gate, 'a code before the day of its issuer', '/t',
                        $dora, '401 issuer_not_yet', '');
    like($answer->{body}, qr/not accepted yet; use a code of another issuer/,
         'it is told what to do');
    is_answer($gate, 'an issuer between its days', '/t', $f->site, 200, '');

    is_answer($gate, 'a forged code of an issuer past its sunset', '/t',
              substr($alice, 0, -8) . 'AAAAAAAA', '401 signature', '');
    is_answer($gate, 'an expired code of an issuer past its sunset', '/t',
              expired(), '401 issuer_sunset', '');
    is_answer($gate, 'a code that may not be here either', '/hall', $alice,
              '401 issuer_sunset', '');
    is_answer($gate, 'audit lets it pass', '/audit', $alice, 200, '');
    ok($gate->logged(qr/audit deny reason=issuer_sunset issuer=national/, 2),
       'and says what it would have been');
    is_answer($gate, 'where no store is asked', '/norisk', $dora,
              '401 issuer_not_yet', '');

    $f->redis->reset_counts;
    ask($gate, '/t', $alice);
    ask($gate, '/t', $dora);
    is($f->redis->count('hmget'), 0, 'the store is not asked about them');
    unlike($gate->error_log, qr/\[error\]|\[alert\]|\[crit\]/,
           'nothing wrong is logged');
    unlike($gate->error_log, qr/days left/, 'nor a note of what is over');
    is($gate->stop, 0, 'and it ends well');
}


# ---- the header, in the thirty days before ----

my $soon = $now + 12 * $day + 3600;
my $date = http($soon);
my $ending = gate(issuers(
    national => 'sunset ' . at($soon) . ';',
    province => 'sunset ' . at($now + 31 * $day) . ';',
    site     => 'not_before ' . at($now + $day) . '; sunset '
              . at($now + 2 * $day + 3600) . ';'));
my $alice = $f->issue(sub => 'alice');

{
    my $gate = $ending;
    my @says = ($alice, 200, $date);

    is_answer($gate, 'an honest code', '/t', @says);
    is_answer($gate, 'an honest code, HEAD', '/t', @says, method => 'HEAD');
    is_answer($gate, 'where no store is asked', '/norisk', @says);
    is_answer($gate, 'audit, honest', '/audit', @says);
    is_answer($gate, 'audit, expired', '/audit',
              expired(), 200, $date);
    is_answer($gate, 'a refusal of our own', '/hall', $alice, '401 audience',
              $date);
    is_answer($gate, 'a refusal of our own, HEAD', '/hall', $alice,
              '401 (no reason)', $date, method => 'HEAD');
    is_answer($gate, 'an expired code', '/t', expired(), '401 expired',
              $date);
    like(is_answer($gate, 'a refusal with an error page', '/page', $alice,
                   '401 (no reason)', $date)->{body}, qr/other door/,
         'it is that page');
    like(is_answer($gate, 'a refusal with a named location', '/named', $alice,
                   200, $date)->{body}, qr/other door/, 'it is that location');
    is_answer($gate, 'a page of nginx', '/nothing', $alice, '404 (no reason)',
              $date);
    is_answer($gate, 'an error page after the gate', '/nothing-page', $alice,
              '404 (no reason)', $date);
    is_answer($gate, 'an answer that a filter replaces', '/t', $alice,
              '412 (no reason)', $date,
              headers => [ 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT' ]);
    is_answer($gate, 'an answer without a body', '/t', $alice, 304, $date,
              headers => [ 'If-None-Match: '
                           . ask($gate, '/t', $alice)->{header}{etag} ]);
    is_answer($gate, 'a range', '/t', $alice, 206, $date,
              headers => [ 'Range: bytes=1-2' ]);
    is_answer($gate, 'a range that cannot be', '/t', $alice,
              '416 (no reason)', $date, headers => [ 'Range: bytes=99-' ]);
    is_answer($gate, 'redirected to a gate of the same policy', '/again', @says);
    is_answer($gate, 'redirected to a gate of another one', '/try', $alice,
              '401 audience', $date);
    is_answer($gate, 'redirected to no gate', '/leave', @says);
    is_answer($gate, 'redirected to where its issuer is unknown', '/forget',
              $alice, '401 issuer', '');
    is_answer($gate, 'satisfy any, refused', '/any', $alice, '401 audience',
              $date);
    is_answer($gate, 'satisfy any, opened by another', '/any-open', @says);
    is_answer($gate, 'from an upstream', '/proxy', @says);
    is_answer($gate, 'from an upstream that redirects', '/accel', @says);
    is_answer($gate, 'from an upstream that has a sunset of its own',
              '/proxy-ends', $alice, 200, "upstream's own");
    is_answer($gate, 'with parts from subrequests', '/addition', @says);

    $f->admin('flag set alice contact');
    is_answer($gate, 'a flagged holder', '/t', $alice, '403 flagged', $date);
    $f->admin('flag clear alice contact');
    $f->admin("control suspend $Healthcode::Fixture::ISS{national}");
    is_answer($gate, 'a suspended issuer', '/t', $alice, '401 issuer_suspended',
              $date);
    $f->reset_store;

    my ($bytes) = exchange($gate->sock, join '', map {
        "GET $_->[0] HTTP/1.1\r\nHost: x\r\n"
        . ($_->[1] ? "Authorization: Bearer $_->[1]\r\n" : '')
        . ($_->[2] ? "Connection: close\r\n" : '') . "\r\n" }
        [ '/t', $alice ], [ '/t' ], [ '/hall', $alice ], [ '/off', $alice, 1 ]);
    is_deeply([ map { sunset_of($_) } answers($bytes) ],
              [ $date, '', $date, '' ], 'four requests of one connection');

    is_answer($gate, 'no code', '/t', undef, '401 missing', '');
    is_answer($gate, 'a forged code', '/t', substr($alice, 0, -8) . 'AAAAAAAA',
              '401 signature', '');
    is_answer($gate, 'an unknown issuer', '/t',
              $f->issue(iss => 'x', sub => 'alice'), '401 issuer', '');
    is_answer($gate, 'an issuer whose sunset is 31 days away', '/t',
              $f->issue(key => 'prov-es', sub => 'dora'), 200, '');
    is_answer($gate, 'an issuer that ends soon and has not begun', '/t',
              $f->site, '401 issuer_not_yet', http($now + 2 * $day + 3600));
    is_answer($gate, 'no gate', '/off', $alice, 200, '');
}


# What the workers noted of issuers that end, without what the start said.
sub notes {
    my ($gate) = @_;
    return grep { /days left/ && !/ in \S+nginx\.conf:\d+$/ }
        split /\n/, $gate->error_log;
}


# A code of the same issuer that is over.
sub expired {
    return $f->tool('issue', '--key', $f->path('nat-es.key'), '--iss',
                    $Healthcode::Fixture::ISS{national}, '--sub', 'alice',
                    '--iat', '-20m', '--exp', '-6m');
}


# ---- the note in the log ----

{
    my @notes = notes($ending);
    is((grep { /\[warn\].*issuer "national" are accepted until \Q$date\E only; / }
        @notes), 1, 'one note an hour, not one a request');
    is((grep { /issuer "national".*days left: 12 \(sunset\)$/ } @notes), 1,
       'with the days that remain, and nothing of a request');
    is((grep { /issuer "site".*days left: 2 / } @notes), 1,
       'each issuer has its own');
    is(@notes, 2, 'but none has it 31 days before');
    unlike($ending->error_log, qr/\Q$alice\E/, 'no code is logged');
    is((grep { /\[(?:error|alert|crit)\]/ && !/open\(\)/ }
        split /\n/, $ending->error_log), 0, 'nothing wrong is logged');
    is($ending->stop, 0, 'and it ends well');
}

{
    my $gate = gate(issuers(national => "sunset ${\ at($soon)};"), workers => 2);
    ask($gate, '/t', $alice) for 1 .. 60;
    my @pids = map { /(\d+)#/ } notes($gate);
    my %pids = map { $_ => 1 } @pids;
    cmp_ok(@pids, '>=', 1, 'a worker notes it');
    is(@pids, keys %pids, 'each one once');
    ok($gate->reload, 'a reload');
    is_answer($gate, 'after a reload', '/t', $alice, 200, $date);
    is($gate->stop, 0, 'and it ends well');
}


# ---- a live read suspends the request, which then runs its phases again ----

{
    my $gate = gate(issuers(national => "sunset ${\ at($soon)};"),
                    store => { timeout => '300ms' });
    is_answer($gate, 'after a live read', '/t', $alice, 200, $date);

    $f->redis->freeze;
    is_answer($gate, 'a live read that is late', '/t', $f->code('BOB'),
              '503 store_timeout', $date);
    is_answer($gate, 'audit in an outage', '/audit', $f->code('BOB'), 200,
              $date);
    $f->redis->thaw;
    is($gate->ask_until(200, 5, $f->code('BOB')), 200, 'the store is back');
    is($gate->stop, 0, 'and it ends well');
}


# ---- the turn of the day, on a running gate ----

{
    my $turn = int(time) + 3;
    my $gate = gate(issuers(national => 'sunset ' . at($turn) . ';',
                            province => 'not_before ' . at($turn) . ';'));
    my $dora = $f->issue(key => 'prov-es', sub => 'dora');
    my (%first, %last, %wrong);

    while (time < $turn + 0.5) {
        for my $case ([ 'sunset', $alice, '200', '401 issuer_sunset' ],
                      [ 'not_before', $dora, '401 issuer_not_yet', '200' ])
        {
            my ($what, $code, $before, $after) = @$case;
            my $began = time;
            my $answer = answer_of(ask($gate, '/t', $code));
            my $ended = time;
            $first{$what}++ if $answer eq $before;
            $last{$what}++ if $answer eq $after;
            # the second that time() gives may lag by a tick of the kernel
            $wrong{$what} //= "$answer at " . ($began - $turn)
                if ($ended < $turn && $answer ne $before)
                || ($began >= $turn + 0.02 && $answer ne $after);
        }
        sleep 0.02;
    }

    for my $what (qw(sunset not_before)) {
        ok($first{$what} && $last{$what}, "$what: before and after were seen");
        is($wrong{$what}, undef, "$what: it turns in its second");
    }
    is_answer($gate, 'after the sunset', '/t', $alice, '401 issuer_sunset', '');
    is($gate->stop, 0, 'and it ends well');
}

{
    # a date of another zone is the same instant
    my $turn = int(time) - 1;
    my $east = strftime('%Y-%m-%dT%H:%M:%S+08:00', gmtime($turn + 8 * 3600));
    my $west = strftime('%Y-%m-%dT%H:%M:%S-05:00', gmtime($turn + 20 - 5 * 3600));
    my $gate = gate(issuers(national => "sunset $east;",
                            province => "sunset $west;",
                            site => 'not_before 2020-02-29; sunset 9999-12-31;'));
    is_answer($gate, 'a sunset of a second ago, in the east', '/t', $alice,
              '401 issuer_sunset', '');
    is_answer($gate, 'a sunset in 20 seconds, in the west', '/t',
              $f->issue(key => 'prov-es'), 200, http($turn + 20));
    is_answer($gate, 'dates alone', '/t', $f->site, 200, '');
    is($gate->stop, 0, 'and it ends well');
}


# ---- called back at once, by the command ----

{
    my $gate = gate(issuers(), workers => 2);
    my %iss  = %Healthcode::Fixture::ISS;
    my $dora = $f->issue(key => 'prov-es', sub => 'dora');
    my $bob  = $f->issue(key => 'nat-ed', sub => 'bob');
    my $es   = thumbprint($f->jwk('nat-es'), qw(crv kty x y));

    # Whatever worker takes it: the next request, and those that follow.
    my $all = sub {
        my ($what, $code, $expected, $uri) = @_;
        my %seen = map { answer_of(ask($gate, $uri // '/t', $code)) => 1 }
            1 .. 8;
        is_deeply([ keys %seen ], [ $expected ], $what);
    };

    $all->('nothing is called back', $alice, 200);
    $f->admin("control suspend $iss{national}");
    $all->('suspended: the next request', $alice, '401 issuer_suspended');
    $all->('all its keys', $bob, '401 issuer_suspended');
    $all->('no other issuer', $dora, 200);
    $all->('audit lets it pass', $alice, 200, '/audit');
    $all->('where no store is asked it cannot count', $alice, 200, '/norisk');
    $f->admin("control resume $iss{national}");
    $all->('resumed: the next request', $alice, 200);

    $f->admin("control revoke-key $es");
    $all->('revoked: the next request', $alice, '401 key_revoked');
    $all->('no other key of its issuer', $bob, 200);
    $f->admin("control restore-key $es");
    $all->('restored: the next request', $alice, 200);

    my $until = time + 4;
    $f->admin("control suspend --until +4s $iss{national}");
    $f->admin("control revoke-key --until +4s "
              . thumbprint($f->jwk('prov-es'), qw(crv kty x y)));
    $all->('suspended for four seconds', $alice, '401 issuer_suspended');
    $all->('revoked for four seconds', $dora, '401 key_revoked');
    is($gate->ask_until(200, 8, $alice), 200, 'and no longer');
    cmp_ok(time, '>=', $until - 1.1, 'nor less');
    is($gate->ask_until(200, 8, $dora), 200, 'the key likewise');
    $all->('on every worker', $alice, 200);

    my $claims = $f->claims(iat => int(time) - 60, exp => int(time) + 600);
    my ($old, $new) = ($f->site(claims => $claims), $f->site);
    $f->admin("control before $iss{site} -30s");
    $all->('issued before the instant', $old, '401 issued_before');
    $all->('issued after it', $new, 200);
    $all->('of another issuer', $alice, 200);
    $f->admin("control before $iss{site} $claims->{iat}");
    $all->('issued at the instant itself', $old, 200);
    $f->admin("control before $iss{site} " . ($claims->{iat} + 1));
    $all->('issued a second before it', $old, '401 issued_before');
    my ($second) = at($claims->{iat} + 1);
    $f->admin("control before $iss{site} $second");
    $all->('the instant as a date', $old, '401 issued_before');

    unlike($gate->error_log, qr/\[error\]|\[alert\]|\[crit\]/,
           'nothing wrong is logged');
    is($gate->stop, 0, 'and it ends well');
}


# RFC 7638.
sub thumbprint {
    my ($jwk, @members) = @_;
    return b64(sha256(json({ map { $_ => $jwk->{$_} } @members })));
}


done_testing;
