#!/usr/bin/perl
# make interop: signs with other implementations and verifies with a gate's core,
# and the other way round, with the keys of each; every algorithm of a gate.
#
#     util/interop.pl [PROGRAM...]      of t/interop/; all by default
#
# A program there stands between an implementation and us: a line of JSON for a
# line of JSON.  What has failed is printed; the totals last.  Environment:
# HEALTHCODE_BUILD, VERBOSE=1, INTEROP_PROGRAMS (in place of t/interop/).
# CONTRIBUTING.md, "Other implementations".

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use IPC::Open2 qw(open2);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url);

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))) }
use lib "$root/t/lib";
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Process;

my $LONGEST = 60;    # seconds for one answer
my $LEAST   = 2;     # implementations of each algorithm

my @ALGORITHMS = qw(HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256
                    ES384 ES512 EdDSA SGD_SM3_SM2);
my @NAMES = (@ALGORITHMS, 'Ed25519');    # another name of EdDSA (RFC 9864)

my $programs = $ENV{INTEROP_PROGRAMS} || "$root/t/interop";
my $command = ($ENV{HEALTHCODE_BUILD} || "$root/build") . '/healthcode';
my $json = JSON::PP->new->utf8->canonical;
my $f = Healthcode::Fixture->folder;
my ($passed, $failed, $skipped) = (0, 0, 0);
my %unheard;         # implementation, and what it cannot do => how often
my @gated;           # [ name, iss, algorithm, file of keys, code ]

$ENV{INTEROP_MODULES} = "$root/.deps/interop";
$| = 1;


# ---- small tools ----

sub is_so {
    my ($ok, $what, $more) = @_;
    $ok ? $passed++ : $failed++;
    print $ok ? "ok - $what\n" : "FAILED - $what\n" if !$ok || $ENV{VERBOSE};
    print map { "    $_\n" } split /\n/, $more // '' if !$ok;
    return $ok;
}


sub not_run {
    my ($it, $what) = @_;
    $skipped++;
    $unheard{"$it->{name} $what"}++;
    return;
}


# (exit status, output) of the command.
sub healthcode {
    my $process = Healthcode::Process->spawn([ $command, @_ ]);
    my $status = $process->wait($LONGEST) // die "healthcode @_: no end\n";
    return ($status >> 8, $process->output);
}


# The first line that the command prints; dies if it fails.
sub said {
    my ($status, $out) = healthcode(@_);
    $status == 0 or die "healthcode @_: exit $status: $out";
    return $out =~ s/\n.*//sr;
}


# A code with a bit of its signature changed.
sub spoilt {
    my ($code) = @_;
    return $code =~ s/(\.[^.]{9})([^.])([^.]*)\z/$1 . ($2 eq 'A' ? 'B' : 'A') . $3/er;
}


sub claims_of { $json->decode(decode_base64url((split /\./, $_[0])[1])) }


# ---- an implementation ----

sub start {
    my ($program) = @_;
    my $pid = open2(my $out, my $in, "$programs/$program");
    return { program => $program, pid => $pid, in => $in, out => $out };
}


# Its answer; dies if there is none.
sub ask {
    my ($it, %ask) = @_;
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "$it->{program}: no answer in $LONGEST s\n" };
    alarm $LONGEST;
    print { $it->{in} } $json->encode(\%ask), "\n";
    $it->{in}->flush;
    my $line = readline $it->{out};
    alarm 0;
    defined $line or die "$it->{program}: it has ended\n";
    my $answer = eval { $json->decode($line) } // die "$it->{program}: \"$line\"\n";
    die "$it->{program}: $ask{do}: $answer->{error}\n" if exists $answer->{error};
    return $answer;
}


# Whether it takes the code, as what we know it to be; or refuses it.  $key is a
# JWK, or PEM as text.
sub takes {
    my ($what, $it, $alg, $key, $code) = @_;
    my @by = ref $key ? (key => $key) : (pem => $key);
    my $answer = eval { ask($it, do => 'verify', alg => $alg, @by, code => $code) };
    my $says = $answer ? $json->encode($answer) : $@;
    my $same = $answer && $answer->{claims}
        && $json->encode($answer->{claims}) eq $json->encode(claims_of($code));
    is_so($same, "$what is taken by $it->{name}", $says);

    $answer = eval { ask($it, do => 'verify', alg => $alg, @by, code => spoilt($code)) };
    is_so($answer && exists $answer->{refused}, "$what, spoilt, is refused by $it->{name}",
          $answer ? $json->encode($answer) : $@);
    return;
}


# Whether inspect, which judges as a gate does, takes the code; or refuses it.
sub we_take {
    my ($what, $alg, $keys, $code) = @_;
    my $row = $alg eq 'Ed25519' ? 'EdDSA' : $alg;
    my ($status, $out) = healthcode('inspect', '--keys', $keys, $code);
    is_so($status == 0 && $out =~ /^signature +holds, $row key /m
          && $out =~ /^verdict +it holds/m, "$what is taken by us", $out);
    my ($thumbprint) = $out =~ /^ +thumbprint (\S+)$/m;

    ($status, $out) = healthcode('inspect', '--keys', $keys, spoilt($code));
    is_so($status == 1 && $out =~ /^verdict +it does not hold: signature: /m,
          "$what, spoilt, is refused by us", $out);
    return $thumbprint;
}


# ---- what is tried with each algorithm ----

# Claims of an honest code; of the issuer that the gate will have.
sub claims {
    my ($iss) = @_;
    my $now = time;
    return { iss => $iss, sub => '1001', iat => $now, exp => $now + 900,
             aud => [ 'hall', "caf\x{e9}" ], status => 'normal' };
}


# Their keys and their codes are read here.
sub theirs {
    my ($it, $alg) = @_;
    my $name = basename($it->{program}) =~ s/\..*//r . "-$alg";
    my $iss = "https://$name.example";
    my $made = ask($it, do => 'make', alg => $alg, kid => $name);
    my $keys = $f->write("$name.keys", $made->{keys}, 0600);
    my @by = $made->{private} ? (key => $made->{private}) : (pem => $made->{pem});
    my $code = ask($it, do => 'sign', @by, claims => claims($iss), header =>
        { alg => $alg, kid => $name, typ => 'healthcode+jwt' })->{code};
    my $thumbprint = we_take("$alg: a code of $it->{name}", $alg, $keys, $code);
    push @gated, [ $name, $iss, $alg, $keys, $code ];

    if (!$made->{private}) {
        my $pem = $f->write("$name.pem", $made->{pem}, 0600);
        takes("$alg: a code of ours by the PEM key of $it->{name}", $it, $alg, $made->{keys},
              said('issue', '--key', $pem, '--iss', 'i', '--sub', '1001', '--alg', $alg));
        return;
    }

    my $public = $json->decode($made->{keys})->{keys}[0];
    my $answer = ask($it, do => 'thumbprint', key => $public);
    if ($answer->{thumbprint}) {
        is_so($answer->{thumbprint} eq ($thumbprint // ''), "$alg: the thumbprint of $it->{name}",
              "$answer->{thumbprint} is not " . ($thumbprint // 'there'));
    } else {
        not_run($it, 'makes no thumbprint');
    }

    my $private = $f->write("$name.jwk", $json->encode($made->{private}), 0600);
    takes("$alg: a code of ours by the key of $it->{name}", $it, $alg, $public,
          said('issue', '--key', $private, '--iss', 'i', '--sub', '1001', '--alg', $alg));
    return;
}


# Our keys and our codes are read there.
my %ours;    # algorithm => { private, public: as JWK; file, keys: paths }

sub our_key {
    my ($alg) = @_;
    return $ours{$alg} //= do {
        my %key = (file => $f->path("ours-$alg.jwk"), keys => $f->path("ours-$alg.keys"));
        said('keygen', '--alg', $alg, '--private', $key{file}, '--public', $key{keys});
        $key{private} = $json->decode($f->read($key{file}));
        $key{public} = $json->decode($f->read($key{keys}))->{keys}[0];
        \%key;
    };
}


sub ours {
    my ($it, $alg) = @_;
    my $key = our_key($alg);
    takes("$alg: a code of ours", $it, $alg, $key->{public},
          said('issue', '--key', $key->{file}, '--iss', 'i', '--sub', '1001', '--region',
               '511402', '--claim', 'name=caf\\u00e9', '--claim', 'dose:=2'));

    my $code = ask($it, do => 'sign', key => $key->{private}, claims => claims('i'), header =>
        { alg => $alg, kid => $key->{public}{kid}, typ => 'healthcode+jwt' })->{code};
    we_take("$alg: a code of $it->{name} by our key", $alg, $key->{keys}, $code);
    return;
}


# ---- a gate with all of these keys ----

sub gate {
    my $issuers = join '', map {
        my ($name, $iss, $alg, $keys) = @$_;
        $alg = 'EdDSA' if $alg eq 'Ed25519';
        "healthcode_issuer $name { iss $iss; algorithms $alg; keys $keys; }\n";
    } @gated;
    $f->write('passed', "passed\n");
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
$issuers
server {
    listen unix:{{SOCK}};
    location /t { healthcode on; healthcode_risk off; alias ${\ $f->path('passed')}; }
}
END
    for my $one (@gated) {
        my ($name, undef, undef, undef, $code) = @$one;
        my ($is, $spoilt) = map { scalar $nginx->ask($_) } $code, spoilt($code);
        is_so($is eq '200', "a gate opens to $name", $is);
        is_so($spoilt eq '401 signature', "a gate refuses $name, spoilt", $spoilt);
    }
    return;
}


# ---- the run ----

my %by;    # algorithm => how many have it

sub run {
    my ($program) = @_;
    my $it = start($program);
    my $about = ask($it, do => 'about');
    my ($good, $bad) = ($passed, $failed);
    $it->{name} = "$about->{name} $about->{version}";
    my %has = map { $_ => 1 } @{ $about->{algorithms} };

    for my $alg (grep { $has{$_} } @NAMES) {
        $by{$alg}++;
        for my $try (\&theirs, \&ours) {
            eval { $try->($it, $alg); 1 } or is_so(0, "$alg: $it->{name}", $@);
        }
    }

    close $it->{in};
    waitpid $it->{pid}, 0;
    my @not = grep { !$has{$_} } @NAMES;
    printf "%-28s %3d passed, %d failed%s\n", $it->{name}, $passed - $good,
        $failed - $bad, @not ? '; it has no ' . join ' ', @not : '';
    return;
}


my @programs = @ARGV ? @ARGV
    : map { basename($_) } sort grep { -x } glob "$programs/*.*";

for my $program (@programs) {
    eval { run($program); 1 } or is_so(0, "$program answers", $@);
}
eval { gate(); 1 } or is_so(0, 'a gate with all the keys', $@) if @gated;

if (!@ARGV) {
    for my $alg (@ALGORITHMS) {
        is_so(($by{$alg} // 0) >= $LEAST, "$alg: $LEAST implementations",
              'there are ' . ($by{$alg} // 0));
    }
}

print "not applicable: $_: $unheard{$_}\n" for sort keys %unheard;
print "interop: $passed passed, $failed failed",
    $skipped ? ", $skipped not applicable\n" : "\n";
exit($failed || !$passed ? 1 : 0);
