# docs/examples: nginx is started with each configuration as it stands there, a
# real Redis beside it, and is sent the requests at its top, which say what has
# to come.  docs/examples/README.md says how to read them.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(sleep);
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Docs qw(document slurp tame);
use Healthcode::Cluster;
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws;
use Healthcode::Keys qw(risk_key);
use Healthcode::Ports qw(free_ports);
use Healthcode::Process;
use Healthcode::Authority;
use Healthcode::Redis;
use Healthcode::Server;
use IO::Socket::INET;

my $ROOT = $Healthcode::Fixture::ROOT;
my $f = Healthcode::Fixture->new(no_redis => 1);
my %OPTION = map { $_ => 1 } qw(aud iat exp nbf ttl region jti kid typ);


sub spew {
    my ($path, $text, $mode) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    chmod $mode // 0644, $path;
}


# Ports of 127.0.0.1 that nobody listens on.
sub ports {
    my @free = free_ports(scalar @_);
    return map { ($_[$_] => $free[$_]) } 0 .. $#_;
}


# {conf, issuers => {NAME => ISS}, first, folder, redis, ...}: all that the
# configuration names, made anew.
sub site {
    my ($name) = @_;
    my $tmp = File::Temp->newdir('healthcode-examples-XXXXXXXX', TMPDIR => 1);
    my $dir = "$tmp";
    my $conf = slurp("$ROOT/docs/examples/$name");
    my %s = (tmp => $tmp, dir => $dir, conf => $conf, port => { ports(8080, 8081, 6380) },
             marks => [ map { s/\s+$//r } $conf =~ /^#> (.*)$/mg ]);

    chmod 0755, $dir;
    mkdir "$dir/$_" for qw(logs modules healthcode html html/booking);
    symlink $_, "$dir/modules/" . s{.*/}{}r
        for $f->module, glob "$ROOT/build/*.so.*";

    while ($conf =~ /healthcode_issuer (\w+) \{(.*?)\}/sg) {
        my ($issuer, $lines) = ($1, $2);
        my ($iss) = $lines =~ /iss\s+(\S+);/;
        my ($keys) = $lines =~ m{keys\s+/etc/healthcode/(\S+);};
        my ($alg) = $lines =~ /algorithms\s+(\w+)/;
        $s{first} //= $issuer;
        $s{issuers}{$issuer} = $iss;
        ($s{space}{$issuer}) = $lines =~ /subject_space\s+(\S+);/;
        $f->tool('keygen', '--alg', $alg, '--private', "$dir/$issuer.jwk",
                 '--public', "$dir/healthcode/" . ($keys // "$issuer.jwks"));
    }

    spew("$dir/healthcode/pepper", 'p' x 32, 0600);
    spew("$dir/healthcode/gate.password", 'secret', 0600);
    spew("$dir/healthcode/desk.htpasswd", 'desk:{PLAIN}open-sesame');
    spew("$dir/html/index.html", "open to all\n");
    spew("$dir/nginx.conf", tame($conf, $dir, %{ $s{port} }));

    my $is_cluster = $conf =~ /^ *cluster +on;/m;
    $s{redis} = $is_cluster ? cluster($dir)
        : $conf =~ /^ *ssl +on;/m ? tls($dir, $s{port}{6380})
        : Healthcode::Redis->start(dir => $dir, password => 'secret');
    $s{store} = [ '--redis', $is_cluster ? $s{redis}->url : "unix:$dir/redis.sock",
                  '--pepper-file', "$dir/healthcode/pepper" ];
    $f->tool('store', 'init', @{ $s{store} }, '--empty');
    $s{upstream} = Healthcode::Server->upstream("$dir/upstream.sock",
                                                "$dir/upstream.txt");
    return \%s;
}


# The addresses that the configuration names, one after the other, are its masters.
sub cluster {
    my ($dir) = @_;
    my $cluster = Healthcode::Cluster->new(dir => $dir, password => 'secret');
    my $conf = slurp("$dir/nginx.conf");
    my @nodes = $cluster->nodes;
    $conf =~ s/^ *server +\K[\d.]+(?=;)/$cluster->address(shift @nodes)/mge;
    spew("$dir/nginx.conf", $conf);
    return $cluster;
}


# A Redis with TLS that asks for a certificate, as docs/operations.md sets it up.
sub tls {
    my ($dir, $port) = @_;
    my $ca = Healthcode::Authority->new("$dir/healthcode", 'ca');
    $ca->issue('gate');
    return $ca->redis(dir => $dir, password => 'secret', port => $port, clients => 'yes',
                      certificate => $ca->issue('redis', san => 'DNS:redis.example'));
}


sub command {
    my ($s, @more) = @_;
    my $user = $> == 0 ? 'user root; ' : '';
    return [ 'nginx', '-p', "$s->{dir}/", '-c', "$s->{dir}/nginx.conf",
             '-e', "$s->{dir}/logs/error.log", @more, '-g',
             "${user}pid $s->{dir}/nginx.pid; daemon off;" ];
}


# What nginx -t says of it is what the example announces.
sub check {
    my ($s, $name) = @_;
    my $process = Healthcode::Process->spawn(
        [ @{ command($s) }[0 .. 4], '-e', 'stderr', '-t', '-g',
          $> == 0 ? 'user root;' : '' ]);
    my $status = $process->wait(30) // die "$name: nginx -t has no end\n";
    my $out = $process->output;
    my @said = $out =~ /\[(?:notice|warn|crit|emerg)\] .*?: (?:healthcode: )?(.*)$/mg;
    my @announced = map { /^nginx -t: (.*)$/ } @{ $s->{marks} };

    is($status, 0, "$name: nginx -t accepts it") or diag($out);
    is(join("\n", grep { my $line = $_;
                         !grep { index($line, $_) == 0 } @announced } @said), '',
       "$name: and says nothing that the example does not announce");
    is(join("\n", grep { my $text = $_;
                         !grep { index($_, $text) == 0 } @said } @announced), '',
       "$name: and all that it announces");
}


sub start {
    my ($s, $name) = @_;
    $s->{nginx} = Healthcode::Process->spawn(command($s));
    my $to = "127.0.0.1:$s->{port}{8080}";
    for (1 .. 250) {
        last if IO::Socket::INET->new($to) || !$s->{nginx}->running;
        sleep 0.02;
    }
    ok($s->{nginx}->running, "$name: nginx starts")
        or diag($s->{nginx}->output, slurp("$s->{dir}/logs/error.log"));
}


# A code for the words of a line: NAME[@ISSUER] and NAME=VALUE.
sub code {
    my ($s, $who, @words) = @_;
    my ($sub, $issuer) = split /\@/, $who;
    $issuer //= $s->{first};
    return $f->tool('issue', '--key', "$s->{dir}/$issuer.jwk", '--iss',
        $s->{issuers}{$issuer}, '--sub', $sub,
        map { my ($k, $v) = split /=/, $_, 2;
              $OPTION{$k} ? ("--$k", $v) : ('--claim', $_) } @words) =~ s/\n//gr;
}


# The reasons that the gate has logged since the last call.
sub logged {
    my ($s) = @_;
    my @reasons = slurp("$s->{dir}/logs/gate.log")
        =~ /healthcode: (?:audit )?(?:deny|allow) reason=(\w+)/g;
    my $from = $s->{logged} // 0;
    $s->{logged} = @reasons;
    return @reasons[$from .. $#reasons];
}


sub try_request {
    my ($s, $name, $mark) = @_;
    my ($asked, $status, $more) = $mark =~ /^(.*?)\s+-> (\d+)(.*)$/
        or return fail("$name: $mark: can be read");
    my ($method, $path, $words) = $asked =~ /^([A-Z]+) (\S+)(.*)$/
        or return fail("$name: $mark: can be read");
    my ($lacks) = $more =~ s/ lacks "(.*?)"// ? $1 : undef;
    my ($answers) = $more =~ s/ answers "(.*?)"(?= |$)// ? $1 : undef;
    my ($reason) = $more =~ /^ (\w+)/;
    my ($shows) = $more =~ / shows (.*)$/;
    my ($sends) = $words =~ s/ sends "(.*?)"// ? $1 : undef;
    my ($with) = $words =~ s/ with (\S+)// ? $1 : undef;
    my ($cookie) = $words =~ s/ by cookie (\w+)// ? $1 : undef;
    my @headers;

    if ($words =~ / as (\S+)(.*)/) {
        my $code = code($s, $1, split ' ', $2);
        push @{ $s->{codes} }, $code;
        push @headers, $cookie ? "Cookie: other=1; $cookie=$code"
                               : "Authorization: Bearer $code"
            if $path !~ s/\{code\}/$code/;
    }
    push @headers, 'Authorization: Basic ' . encode_base64($with, '') if $with;
    push @headers, $sends if $sends;

    my $answer = get("127.0.0.1:$s->{port}{8080}", $path, \@headers, method => $method);
    is($answer->{status}, $status, "$name: $mark")
        or diag($answer->{raw}, slurp("$s->{dir}/logs/error.log"));
    like($answer->{body}, qr/\Q$shows\E/, "$name: and shows it") if $shows;
    like($answer->{raw}, qr/^\Q$answers\E\r$/m, "$name: and has the header") if $answers;
    unlike($answer->{raw}, qr/^\Q$lacks\E/mi, "$name: and does not") if $lacks;

    my @reasons;
    for (1 .. 50) {
        push @reasons, logged($s);
        last if @reasons || !$reason;
        sleep 0.02;
    }
    is("@reasons", $reason, "$name: and the log has its reason") if $reason;
}


sub run_example {
    my ($name) = @_;
    my $s = site($name);

    check($s, $name);
    start($s, $name);

    for my $mark (@{ $s->{marks} }) {
        if ($mark =~ /^flag (\S+) (\S+)(?: in (\S+))?$/) {
            my ($sub, $flag, $space) = ($1, $2, $3);
            $f->tool('flag', 'set', @{ $s->{store} },
                     $space ? ('--space', $space) : (), $sub, $flag);
            sleep 1.1 if $s->{conf} =~ /lease=1s/;   # however slow the machine is
        } elsif ($mark =~ /^region (\S+) (\S+)$/) {
            $f->tool('region', 'set', '--redis', $s->{store}[1], $1, $2);
        } elsif ($mark eq 'rights for passages') {
            my ($rights) = slurp("$ROOT/docs/redis-keys.md")
                =~ /^    (~healthcode:hall:.*\n.*)$/m;
            $s->{redis}->cmd('ACL', 'SETUSER', 'gate', split ' ', $rights);
        } elsif ($mark eq 'the centre ticks') {
            $s->{ticks} = Healthcode::Process->spawn([
                "$Healthcode::Fixture::BUILD/healthcode", 'store', 'tick',
                @{ $s->{store} }[0, 1] ]);
            sleep 1.5;    # a gate that was out tries again within a second
        } elsif ($mark eq 'the line is cut') {
            sleep 4;      # a Redis that was just started does not count offline
            delete($s->{ticks})->end('TERM');
            sleep 2.5;
        } elsif ($mark =~ /^the node of (\S+) stops$/) {
            my $holder = Healthcode::Jws::holder('p' x 32, 'national', $1);
            $s->{redis}->owner(risk_key($holder))->down;
            sleep 1;
        } elsif ($mark eq 'redis stops') {
            $s->{redis}->down;
        } elsif ($mark !~ /^nginx -t: /) {
            try_request($s, $name, $mark);
        }
    }

    # Without a trace, but where a location only audits.
    my $seen = -e "$s->{dir}/upstream.txt" ? slurp("$s->{dir}/upstream.txt") : '';
    $seen .= join '', map { slurp($_) } glob "$s->{dir}/logs/*.log";
    is(scalar(grep { index($seen, $_) >= 0 } @{ $s->{codes} }), 0,
       "$name: no code goes on or is logged") if $s->{conf} !~ /healthcode audit/;

    unlike(slurp("$s->{dir}/logs/gate.log"), qr/\[(?:crit|alert|emerg)\]/,
           "$name: nothing is worse than a refusal or an outage");
    $s->{nginx}->end('QUIT');
    $s->{upstream}->stop;
}


my @examples = map { s{.*/}{}r } sort glob "$ROOT/docs/examples/*.conf";
my $index = document($ROOT, 'docs/examples/README.md');

is_deeply([ sort map { $_->{cells}[0] =~ /^\[(\S+\.conf)\]/ } @{ $index->{rows} } ],
          \@examples, 'docs/examples/README.md lists the examples');
run_example($_) for @examples;

done_testing();
