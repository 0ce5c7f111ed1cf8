# An authority and its certificates, by the command openssl: for servers and
# clients of TLS, good ones and each kind of bad one.  A Redis with TLS of its own.
# new(DIR, NAME), issue(NAME, ...), redis(...)

package Healthcode::Authority;

use strict;
use warnings;


use Healthcode::Ports qw(free_port);
use Healthcode::Process;
use Healthcode::Redis;


sub _run {
    my (@command) = @_;
    my $process = Healthcode::Process->spawn(\@command);
    my $status = $process->wait(60) // die "@command: no end\n";
    die "@command: ", $process->output if $status;
}


sub _key {
    my ($path, $kind) = @_;
    _run('openssl', 'genpkey', '-quiet', '-out', $path,
         $kind && $kind eq 'rsa' ? ('-algorithm', 'RSA')
         : ('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'));
    chmod 0600, $path;
}


# An authority whose files are DIR/NAME.crt and DIR/NAME.key; under => another
# one that signs it.
sub new {
    my ($class, $dir, $name, %opt) = @_;
    my $self = bless { dir => $dir, name => $name, cert => "$dir/$name.crt",
                       key => "$dir/$name.key" }, $class;
    my @extensions = ('-addext', 'basicConstraints=critical,CA:TRUE',
                      '-addext', 'keyUsage=critical,keyCertSign');
    _key($self->{key});
    if ($opt{under}) {
        $opt{under}->issue($name, key => $self->{key},
            extensions => "basicConstraints=critical,CA:TRUE\n"
                        . 'keyUsage=critical,keyCertSign');
        return $self;
    }
    _run('openssl', 'req', '-x509', '-new', '-key', $self->{key}, '-days', 2,
         '-subj', "/CN=$name", @extensions, '-out', $self->{cert});
    return $self;
}


sub cert { $_[0]{cert} }


# Signs PATH.csr for a day of 2020.  By "openssl ca", which takes dates; "openssl
# x509 -days" takes no negative number since 3.4.
sub _expired {
    my ($self, $path) = @_;
    my $ca = "$path.ca";

    -d $ca or mkdir $ca or die "$ca: $!";
    open my $database, '>', "$ca/index.txt" or die "$ca/index.txt: $!";
    open my $conf, '>', "$ca/conf" or die "$ca/conf: $!";
    print $conf "[ca]\ndefault_ca = this\n[this]\ndatabase = $ca/index.txt\n"
        . "new_certs_dir = $ca\nrand_serial = yes\ndefault_md = sha256\n"
        . "policy = any\n[any]\ncommonName = supplied\n";
    close $conf;
    _run('openssl', 'ca', '-batch', '-notext', '-config', "$ca/conf",
         '-cert', $self->{cert}, '-keyfile', $self->{key}, '-in', "$path.csr",
         '-startdate', '20200101000000Z', '-enddate', '20200102000000Z',
         '-extfile', "$path.ext", '-out', "$path.crt");
}


# A certificate: {cert, key}, files.  san => 'DNS:a,IP:b', cn => its common name,
# expired => 1 for one of the year 2020, key => a file that is there, kind =>
# 'rsa', extensions => lines instead of those for a server and a client,
# chain => authorities whose certificates follow in its file, hash => another than
# SHA-256.
sub issue {
    my ($self, $name, %opt) = @_;
    my $path = "$self->{dir}/$name";
    my $key = $opt{key} || "$path.key";
    my $san = $opt{san} ? "subjectAltName=$opt{san}\n" : '';
    my $lines = $opt{extensions} // "basicConstraints=CA:FALSE\n$san";

    _key($key, $opt{kind}) if !$opt{key};
    open my $out, '>', "$path.ext" or die "$path.ext: $!";
    print $out "$lines\n";
    close $out;
    _run('openssl', 'req', '-new', '-key', $key, '-subj', '/CN=' . ($opt{cn} // $name),
         '-out', "$path.csr");
    if ($opt{expired}) {
        $self->_expired($path);
    } else {
        _run('openssl', 'x509', '-req', '-in', "$path.csr", '-CA', $self->{cert},
             '-CAkey', $self->{key}, '-CAcreateserial', '-days', 2,
             '-extfile', "$path.ext", $opt{hash} ? "-$opt{hash}" : (),
             '-out', "$path.crt");
    }
    for my $other (@{ $opt{chain} || [] }) {
        open my $in, '<', $other->cert or die $other->cert, ": $!";
        open $out, '>>', "$path.crt" or die "$path.crt: $!";
        print $out $_ while <$in>;
        close $out;
    }
    return { cert => "$path.crt", key => $key };
}


# A Redis with TLS on the port {tls_port}, which speaks plain on its unix socket;
# certificate => of issue(), clients => 'yes' if they need one, others as
# Healthcode::Redis takes them.  Dies if this Redis was built without TLS.
sub redis {
    my ($self, %opt) = @_;
    my $port = $opt{port} || free_port();
    my $certificate = delete $opt{certificate};
    my $clients = delete $opt{clients} || 'no';
    my $conf = delete $opt{conf} || [];
    my $redis = Healthcode::Redis->start(%opt, conf => [
        "tls-port $port", 'bind 127.0.0.1 -::1', "tls-cert-file $certificate->{cert}",
        "tls-key-file $certificate->{key}", "tls-ca-cert-file $self->{cert}",
        "tls-auth-clients $clients", @$conf ]);
    $redis->{tls_port} = $port;
    return $redis;
}

1;
